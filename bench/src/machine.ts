import { cpus, loadavg } from 'node:os'
import type { Cores } from './cores.ts'

/** One line about where figures were measured: processor, cores, Node, load of the last minute. */
export function describeMachine(): string {
  const processors = cpus()
  const model = processors[0]?.model.trim() ?? 'unknown processor'
  const [load = 0] = loadavg()
  return `${model}, ${processors.length} cores, ${process.platform}, Node ${process.versions.node}, load ${load.toFixed(2)} at the start`
}

/** Says who ran on which core. */
export function describeCores({ server, load }: Cores): string {
  if (server === undefined) return 'nothing pinned (two cores and taskset are needed for it)'
  return `server on core ${server}, wrk on core ${load}`
}
