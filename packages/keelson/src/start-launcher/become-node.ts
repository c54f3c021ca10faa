import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { LaunchPlan } from './launch-plan.ts'

// What an orchestrator or a terminal sends to a process; the others cannot be caught or are the process's own.
const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const

// A shell's way to say that a signal ended a program: raising it again would be ignored as process 1.
const SIGNAL_BASE = 128

/** Replaces a process by another program; `process.execve` of Node 22.15 and 23.11 on POSIX systems. */
export type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => void

/**
 * Turns this process into Node with a plan, keeping its number: signals reach the service itself, also as process 1.
 * Where a process cannot be replaced, Node runs as a child that gets every signal, and its end is this one's.
 *
 * @param execve `undefined` where there is none
 */
export function becomeNode({ args, env }: LaunchPlan, execve: Execve | undefined): void {
  if (execve !== undefined) {
    execve(process.execPath, [process.execPath, ...args], env)
    return
  }
  const child = spawn(process.execPath, args, { env, stdio: 'inherit' })
  const listeners = forwarded.map((signal) => [signal, () => child.kill(signal)] as const)
  for (const [signal, forward] of listeners) process.on(signal, forward)
  child.once('error', (error) => {
    process.stderr.write(`keelson-start: ${error.message}\n`)
    process.exitCode = 1
  })
  child.once('exit', (code, signal) => {
    for (const [name, forward] of listeners) process.off(name, forward)
    process.exitCode = code ?? SIGNAL_BASE + (signal === null ? 0 : constants.signals[signal])
  })
}
