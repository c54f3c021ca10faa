// Starts the repository's tools: they come from node_modules/.bin, Node 24 included, and never call home.
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { repositoryRoot } from './repository.ts'

/** How a command ended. */
export interface CommandResult {
  /** Exit code; 1 when a signal ended it or it could not be started. */
  readonly code: number
  /** Standard output. */
  readonly stdout: string
  /** Both streams, in the order in which they came. */
  readonly output: string
}

/** Where and how a command runs. */
export interface CommandOptions {
  /** Folder that it runs in; the repository unless given. */
  readonly cwd?: string
  /** Variables added to the environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Let it write to the terminal itself; nothing is collected then. */
  readonly inherit?: boolean
}

/** Environment of every command that the scripts start. */
export function commandEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${join(repositoryRoot, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    // Some tools paint whenever CI is set; a log of CI is read as text.
    ...(process.stdout.isTTY || process.env['FORCE_COLOR'] !== undefined ? {} : { NO_COLOR: '1' }),
    ...extra,
  }
}

/** Runs a program to its end. Never rejects: what went wrong is in the result. */
export function runCommand(
  program: string,
  args: readonly string[],
  { cwd = repositoryRoot, env = {}, inherit = false }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: commandEnvironment(env),
      stdio: inherit ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      output += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.on('error', (error) => resolve({ code: 1, stdout, output: `${program}: ${error.message}\n` }))
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, output }))
  })
}
