import { spawn } from 'node:child_process'
import { CreateError } from './create-error.ts'

/** A command that is run in the new service. */
export interface ServiceCommand {
  /** As a user would type it. */
  readonly shown: string
  readonly program: string
  readonly args: readonly string[]
}

/**
 * Runs a command to its end, its output kept for the case that it fails.
 *
 * @throws CreateError `KEELSON_CREATE_INSTALL_FAILED` with the last lines that it wrote
 */
export async function runInService(
  command: ServiceCommand,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { code, output } = await run(command, folder, signal)
  if (code === 0) return
  const last = output.trimEnd().split('\n').slice(-20).join('\n')
  throw new CreateError('KEELSON_CREATE_INSTALL_FAILED', `${command.shown} failed:\n${last}`)
}

function run(
  { program, args }: ServiceCommand,
  folder: string,
  signal: AbortSignal,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve) => {
    // On Windows npm is a command file, which only a shell runs; every argument here is a constant.
    const shell = process.platform === 'win32'
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], shell, signal })
    let output = ''
    const take = (chunk: string) => {
      output = (output + chunk).slice(-100_000)
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    child.once('error', (error) => resolve({ code: null, output: `${output}\n${error.message}` }))
    child.once('close', (code) => resolve({ code, output }))
  })
}
