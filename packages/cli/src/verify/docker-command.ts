import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import type { ProcessSpec } from './managed-process.ts'

/** What a container is started with. */
export interface ImageOptions {
  readonly image: string
  /** Ports of the loopback address that lead into the container. */
  readonly port: number
  readonly opsPort: number
  /** Variables of the container. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Environment of the docker command itself. */
  readonly inherited: Readonly<Record<string, string | undefined>>
}

// Ports of a keelson service inside its container (DESIGN §3.2).
const INNER_PORT = 8080
const INNER_OPS_PORT = 8081

/**
 * Starts an image through the docker command line, attached: its output is the container's, its exit code too, and
 * `--sig-proxy` (on by default) hands signals to the first process. `--init=false` lets the service itself be that process.
 */
export function imageCommand({ image, port, opsPort, env, cwd, inherited }: ImageOptions): ProcessSpec {
  const name = `keelson-verify-${randomBytes(6).toString('hex')}`
  const variables = { HOST: '0.0.0.0', PORT: String(INNER_PORT), OPS_PORT: String(INNER_OPS_PORT), ...env }
  const innerOps = opsPort === port ? [] : ['--publish', `127.0.0.1:${opsPort}:${INNER_OPS_PORT}`]
  const command = [
    'docker',
    'run',
    '--rm',
    '--init=false',
    '--name',
    name,
    '--publish',
    `127.0.0.1:${port}:${INNER_PORT}`,
    ...innerOps,
    // Names only: the values are handed over in the environment, where no list of processes shows them.
    ...Object.keys(variables).flatMap((variable) => ['--env', variable]),
    image,
  ]
  return {
    command,
    cwd,
    env: { ...inherited, ...variables },
    afterKill: () => removeContainer(name, inherited),
  }
}

/** The docker command does not end its container when it is killed itself. */
function removeContainer(name: string, env: ImageOptions['inherited']): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn('docker', ['rm', '--force', name], { env, stdio: 'ignore' })
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  })
}
