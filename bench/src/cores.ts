import { readFileSync } from 'node:fs'
import { findProgram } from './programs.ts'

/** Where the server and the load generator run. */
export interface Cores {
  /** Core of the server; `undefined` when nothing is pinned. */
  readonly server: number | undefined
  readonly load: number | undefined
}

/** Chooses one core for the server and another for the load, from those that this process may use. */
export function chooseCores(): Cores {
  const [server, load] = parseCoreList(readFileSync('/proc/self/status', 'utf8'))
  if (server === undefined || load === undefined || findProgram('taskset') === undefined) {
    return { server: undefined, load: undefined }
  }
  return { server, load }
}

/** Words in front of a command that keep it on a core. */
export function pin(core: number | undefined): readonly string[] {
  return core === undefined ? [] : ['taskset', '--cpu-list', String(core)]
}

/** Numbers of the cores in the line `Cpus_allowed_list` of `/proc/<pid>/status`, such as `0-3,8`. */
export function parseCoreList(status: string): readonly number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1] ?? ''
  return list
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
}
