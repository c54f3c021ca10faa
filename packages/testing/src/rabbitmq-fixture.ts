import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { type ServerFixture, serverFixture } from './server-fixture.ts'

/**
 * Starts a RabbitMQ with the user `guest`: a node name, ports, data, cookie and name server (epmd) of its own, all of them on
 * 127.0.0.1. Look with `requireServer('rabbitmq-server')` first whether there is one.
 *
 * @param path program to run
 */
export async function startRabbitmq(path: string): Promise<ServerFixture> {
  const [port = 0, distributionPort = 0, namesPort = 0] = await freePorts(3)
  const folder = await mkdtemp(join(tmpdir(), 'keelson-rabbitmq-'))
  await writeFile(join(folder, '.erlang.cookie'), 'keelson', { mode: 0o400 })
  await writeFile(join(folder, 'enabled_plugins'), '[].\n')
  const env = {
    HOME: folder,
    RABBITMQ_NODENAME: `keelson-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'none'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_PORT: String(namesPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  }
  // In the foreground: one that Erlang starts by itself would outlive the test.
  const names = await startNames(env)
  return serverFixture({
    command: [path],
    port,
    folder,
    env,
    async after() {
      if (names.exitCode !== null || names.signalCode !== null) return
      const exit = once(names, 'exit')
      names.kill('SIGKILL')
      await exit
    },
  })
}

async function startNames(env: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const names = spawn('epmd', [], { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: 'ignore' })
  await once(names, 'spawn')
  return names
}
