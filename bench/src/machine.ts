import { cpus, loadavg } from 'node:os'
import type { Cores } from './cores.ts'

/** Where figures are measured: processor, cores, Node, and a warning when there is other work. */
export function describeMachine(): string {
  const processors = cpus()
  const model = processors[0]?.model.trim() ?? 'unknown processor'
  const { length } = processors
  const [load = 0] = loadavg()
  const machine = `${model}, ${length} cores, ${process.platform}, Node ${process.versions.node}`
  return [machine, describeDisturbance(load, length)].filter((line) => line !== undefined).join('\n')
}

/**
 * Warns when other work ran while figures were taken: they share the cores with it.
 *
 * @returns `undefined` when the machine was quiet: a load below a tenth of its cores
 */
export function describeDisturbance(load: number, coreCount: number): string | undefined {
  if (load < coreCount / 10) return undefined
  return `The machine was busy (load ${load.toFixed(1)} on ${coreCount} cores before the run): requests/s, p99 and times measure its other work too. Instruction counts hold.`
}

/** Says who ran on which core. */
export function describeCores({ server, load }: Cores): string {
  if (server === undefined) return 'nothing pinned (two cores and taskset are needed for it)'
  return `server on core ${server}, wrk on core ${load}`
}
