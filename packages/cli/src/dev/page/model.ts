import type {
  ProbeMessage,
  SampleMessage,
  ServiceMessage,
  StopMessage,
  UpdateMessage,
  VerifyMessage,
} from '../messages.ts'

/** Everything that the page knows of one service. */
export interface ServiceModel {
  service: ServiceMessage
  /** Stable colour of its name. */
  readonly colour: string
  samples: SampleMessage[]
  probes: ProbeMessage[]
  stop: StopMessage | null
  verify: VerifyMessage | null
}

/** What an update has changed, so that only that is drawn again. */
export type Change = 'service' | 'samples' | 'probes' | 'stop' | 'verify'

/** All services. */
export interface Model {
  readonly services: ReadonlyMap<string, ServiceModel>
  /** @returns names of the services with what has changed */
  apply(update: UpdateMessage): ReadonlyMap<string, ReadonlySet<Change>>
}

const COLOURS = 6

/** Makes the model; it holds no more than the command does. */
export function createModel(): Model {
  const services = new Map<string, ServiceModel>()
  let length = { samples: 150, probes: 300 }

  return {
    services,
    apply({ first, services: told = [], samples = [], probes = [], stops = [], verifies = [] }) {
      const changes = new Map<string, Set<Change>>()
      const mark = (name: string, ...what: Change[]): void => {
        const set = changes.get(name) ?? new Set<Change>()
        for (const one of what) set.add(one)
        changes.set(name, set)
      }
      for (const service of told) {
        const known = services.get(service.name)
        if (known === undefined) {
          const colour = `s${services.size % COLOURS}`
          services.set(service.name, { service, colour, samples: [], probes: [], stop: null, verify: null })
        } else known.service = service
        mark(service.name, 'service')
      }
      if (first !== undefined) length = first.historyLength
      for (const history of first?.histories ?? []) {
        const known = services.get(history.name)
        if (known === undefined) continue
        known.samples = [...history.samples]
        known.probes = [...history.probes]
        known.stop = history.stop
        known.verify = history.verify
        mark(history.name, 'samples', 'probes', 'stop', 'verify')
      }
      for (const { service, sample } of samples) {
        push(services.get(service)?.samples, sample, length.samples)
        mark(service, 'samples')
      }
      for (const { service, probe } of probes) {
        push(services.get(service)?.probes, probe, length.probes)
        mark(service, 'probes')
      }
      for (const { service, stop } of stops) {
        const known = services.get(service)
        if (known !== undefined) known.stop = stop
        mark(service, 'stop')
      }
      for (const { service, verify } of verifies) {
        const known = services.get(service)
        if (known !== undefined) known.verify = verify
        mark(service, 'verify')
      }
      return changes
    },
  }
}

function push<Value>(list: Value[] | undefined, value: Value, maxLength: number): void {
  if (list === undefined) return
  list.push(value)
  if (list.length > maxLength) list.shift()
}
