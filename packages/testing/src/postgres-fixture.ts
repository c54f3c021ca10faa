import { execFile } from 'node:child_process'
import { chown, mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from './free-ports.ts'
import { type ServerFixture, serverFixture } from './server-fixture.ts'

const run = promisify(execFile)

/**
 * Starts a PostgreSQL: user and database `postgres`, no password. Look with `requireServer('postgres')` first whether there is
 * one. It refuses to run as root, so that root starts it as the user `postgres`, which its package makes.
 *
 * @param path program to run; `initdb` and `pg_isready` lie beside it
 */
export async function startPostgres(path: string): Promise<ServerFixture> {
  const [port = 0] = await freePorts(1)
  const folder = await mkdtemp(join(tmpdir(), 'keelson-postgres-'))
  const uid = process.getuid?.() === 0 ? Number((await run('id', ['-u', 'postgres'])).stdout) : undefined
  if (uid !== undefined) await chown(folder, uid, uid)
  const data = join(folder, 'data')
  const as = uid === undefined ? {} : { uid, gid: uid }
  const programs = dirname(await realpath(path))
  const initialise = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  await run(join(programs, 'initdb'), initialise, { cwd: folder, ...as })
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    // Data that no test misses after a failure of the machine.
    fsync: 'off',
    shared_buffers: '16MB',
  }
  return serverFixture({
    command: [
      path,
      '-D',
      data,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    port,
    folder,
    ...(uid === undefined ? {} : { uid }),
    ready: () => run(join(programs, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]),
  })
}
