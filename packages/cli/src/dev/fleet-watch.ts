import { relative } from 'node:path'
import { type Clock, systemClock, type TimerHandle } from '@keelson/core/clock'
import { parseExposition } from '../exposition/parse.ts'
import { call } from '../verify/http-call.ts'
import { figuresBetween, readScrape, type Scrape } from './figures.ts'
import type { Fleet, FleetMember } from './fleet.ts'
import { createHistory, type History } from './history.ts'
import type { NewsMessage } from './live-stream.ts'
import type {
  HistoryMessage,
  ProbeMark,
  ProbeMessage,
  SampleMessage,
  ServiceMessage,
  StopMessage,
  VerifyMessage,
} from './messages.ts'
import type { ProbeResult } from './probe-watch.ts'
import { showEnd } from './terminal-view.ts'

/** Lengths of what is kept: five minutes. */
export const historyLength = { samples: 150, probes: 300 } as const

/** A scrape takes a service about a millisecond; a person sees no more than this. */
const SCRAPE_MS = 2_000

/** Everything that is kept of the services for whoever looks at them. */
export interface FleetWatch {
  services(): readonly ServiceMessage[]
  histories(): readonly HistoryMessage[]
  setStop(member: FleetMember, stop: StopMessage): void
  setVerify(member: FleetMember, verify: VerifyMessage): void
  close(): void
}

interface Record {
  readonly samples: History<SampleMessage>
  readonly probes: History<ProbeMessage>
  upSinceMs: number | null
  stop: StopMessage | null
  verify: VerifyMessage | null
}

/**
 * Follows a fleet: phases, probes, and metrics that it scrapes itself.
 *
 * @param onNews told of everything new
 */
export function watchFleet(
  fleet: Fleet,
  cwd: string,
  onNews: (news: NewsMessage) => void,
  clock: Clock = systemClock,
): FleetWatch {
  const records = new Map<FleetMember, Record>(fleet.members.map((member) => [member, createRecord()]))
  const recordOf = (member: FleetMember): Record => records.get(member) ?? createRecord()
  const serviceOf = (member: FleetMember): ServiceMessage => {
    const { name, supervisor, url, opsUrl, calls, spec } = member
    return {
      name,
      url,
      opsUrl,
      calls,
      phase: supervisor.phase,
      pid: supervisor.pid ?? null,
      folder: relative(cwd, spec.folder) || '.',
      starts: supervisor.startCount,
      lastEnd: supervisor.lastEnd === undefined ? null : showEnd(supervisor.lastEnd),
      upSinceMs: recordOf(member).upSinceMs,
    }
  }
  const leave = fleet.listen({
    onPhase(member, phase) {
      recordOf(member).upSinceMs = phase === 'up' ? clock.now() : null
      onNews({ services: [serviceOf(member)] })
    },
    onProbe(member, { atMs, liveness, readiness }) {
      const probe = { atMs, liveness: markOf(liveness), readiness: markOf(readiness) }
      recordOf(member).probes.add(probe)
      onNews({ probes: [{ service: member.name, probe }] })
    },
  })
  const scrapers = fleet.members.map((member) =>
    startScraping(member, clock, (sample) => {
      recordOf(member).samples.add(sample)
      onNews({ samples: [{ service: member.name, sample }] })
    }),
  )

  return {
    services: () => fleet.members.map(serviceOf),
    histories: () =>
      fleet.members.map((member) => {
        const { samples, probes, stop, verify } = recordOf(member)
        return { name: member.name, samples: samples.values, probes: probes.values, stop, verify }
      }),
    setStop(member, stop) {
      recordOf(member).stop = stop
      onNews({ stops: [{ service: member.name, stop }] })
    },
    setVerify(member, verify) {
      recordOf(member).verify = verify
      onNews({ verifies: [{ service: member.name, verify }] })
    },
    close() {
      leave()
      for (const end of scrapers) end()
    },
  }
}

function createRecord(): Record {
  return {
    samples: createHistory(historyLength.samples),
    probes: createHistory(historyLength.probes),
    upSinceMs: null,
    stop: null,
    verify: null,
  }
}

/** @returns ends it */
function startScraping(
  { supervisor, opsUrl }: FleetMember,
  clock: Clock,
  onSample: (sample: SampleMessage) => void,
): () => void {
  let timer: TimerHandle | undefined
  let closed = false
  let before: Scrape | undefined
  let beforePid: number | undefined
  const round = async (): Promise<void> => {
    const { pid } = supervisor
    if (pid !== undefined && supervisor.phase !== 'starting') {
      const answer = await call({ url: `${opsUrl}/metrics`, timeoutMs: SCRAPE_MS })
      if (closed) return
      if (answer.kind === 'answer' && answer.status === 200 && supervisor.pid === pid) {
        const now = readScrape(parseExposition(answer.body), clock.now())
        // Counters of another process begin anew.
        onSample(figuresBetween(beforePid === pid ? before : undefined, now))
        before = now
        beforePid = pid
      }
    }
    timer = clock.setTimeout(() => void round(), SCRAPE_MS)
  }
  void round()
  return () => {
    closed = true
    clock.clearTimeout(timer)
  }
}

/** A probe's result as messages write it. */
export function markOf(result: ProbeResult): ProbeMark {
  return result === 'up' ? 'u' : result === 'down' ? 'd' : 'g'
}
