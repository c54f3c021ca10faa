import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LineCost } from './write-lines.ts'
import type { WorkName } from './work.ts'

/** Where lines go. */
export type Output = '/dev/null' | 'pipe'

/** Who writes lines. */
export const contenderNames = ['pino', 'keelson', 'winston'] as const

/** Name of a contender. */
export type ContenderName = (typeof contenderNames)[number]

/** How much of a kind of work a process does. */
export interface Amount {
  readonly counted: number
  readonly warmUp: number
}

/** CPU of one line of a contender, in microseconds, in a process of its own. */
export function costOfLine(
  contender: ContenderName,
  work: WorkName,
  output: Output,
  { counted, warmUp }: Amount,
  signal: AbortSignal,
): Promise<number> {
  const command = [program('write-lines'), contender, work, String(counted), String(warmUp)]
  return runProgram(command, output, signal)
}

/** CPU of one message that is shipped, in microseconds. */
export function costOfMessage(
  contender: 'keelson' | 'gelf-pro',
  transport: 'udp' | 'tcp',
  port: number,
  { counted, warmUp }: Amount,
  signal: AbortSignal,
): Promise<number> {
  const command = [program('ship-messages'), contender, transport, port, counted, warmUp].map(String)
  return runProgram(command, '/dev/null', signal)
}

async function runProgram(args: readonly string[], output: Output, signal: AbortSignal): Promise<number> {
  // A pipe of the shell, not of Node: what node:child_process calls a pipe is a pair of sockets.
  const line = output === 'pipe' ? '"$0" "$@" | cat >/dev/null' : 'exec "$0" "$@" >/dev/null'
  const child = spawn('sh', ['-c', line, process.execPath, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
    signal,
  })
  let text = ''
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (part: string) => (text += part))
  await once(child, 'close')
  try {
    const { cpuMicros } = JSON.parse(text) as LineCost // what the program says
    return cpuMicros
  } catch {
    throw new Error(`${args.join(' ')} failed: ${text}`)
  }
}

function program(name: string): string {
  return fileURLToPath(new URL(`../../dist/log/${name}.js`, import.meta.url))
}
