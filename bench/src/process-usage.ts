import { readdirSync, readFileSync } from 'node:fs'

/**
 * Processor time in milliseconds that the threads of a process have used up to now, in user space and kernel, as the
 * scheduler counts it in nanoseconds (`/proc/<pid>/task/<tid>/schedstat`). Threads that have ended are missing; none of
 * the stacks ends one while it is measured.
 */
export function readCpuMs(pid: number): number {
  const tasks = `/proc/${pid}/task`
  return readdirSync(tasks).reduce((sum, task) => sum + parseCpuMs(readTask(`${tasks}/${task}/schedstat`)), 0)
}

/** Memory of a process that is in RAM, in bytes. */
export function readRssBytes(pid: number): number {
  return parseRssBytes(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

/** Time on a processor, the first field of `schedstat`: nanoseconds. */
export function parseCpuMs(schedstat: string): number {
  return Number.parseInt(schedstat, 10) / 1e6
}

/** The line `VmRSS` of `/proc/<pid>/status`: kibibytes. */
export function parseRssBytes(status: string): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  if (kibibytes === undefined) throw new Error('The kernel does not say how much memory the process has.')
  return Number(kibibytes) * 1024
}

/** A thread may end between being listed and being read. */
function readTask(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '0'
  }
}
