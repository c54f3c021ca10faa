import { readBounded } from './record-file.ts'

/** A process, told apart from a later one with the same number: in a container every life is process 1. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks from the start of the machine to the start of the process; `undefined` outside of Linux. */
  readonly startTicks: string | undefined
}

/** The identity of a process; without `startTicks` when it is not there or cannot be asked. */
export function identify(pid: number): ProcessIdentity {
  return { pid, startTicks: readStartTicks(pid) }
}

/** Whether this very process still runs. */
export function isRunning({ pid, startTicks }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: there is such a process, of another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  const now = readStartTicks(pid)
  // Where nothing more is known the number has to do; this process itself cannot be the one before it.
  return startTicks === undefined || now === undefined ? pid !== process.pid : now === startTicks
}

/** Field 22 of `/proc/<pid>/stat` (proc(5)). */
function readStartTicks(pid: number): string | undefined {
  try {
    const text = readBounded(`/proc/${pid}/stat`) ?? ''
    // The second field is the name of the program, in parentheses, and may hold blanks and parentheses itself.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
