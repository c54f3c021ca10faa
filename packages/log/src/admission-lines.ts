import { type AdmissionShed, subscribe } from '@keelson/core/channels'
import type { Clock, TimerHandle } from '@keelson/core/clock'
import type { Logger } from './pino-adapter.ts'

/**
 * Time in milliseconds without a refusal after which shedding is over. So there are two lines in as long at most, however
 * often it comes and goes; the same as of the limit of bursts of lines.
 */
const quietMs = 10_000

/** Time in milliseconds after which a line says that requests are still refused. */
const stillMs = 300_000

type Reason = AdmissionShed['reason']

/** Refusals in a row, none later than {@link quietMs} after the one before. */
interface Shedding {
  readonly sinceMs: number
  readonly counts: Map<Reason, number>
  criticalCount: number
  lastMs: number
  toldMs: number
}

/**
 * Writes a line when the service begins to refuse requests, one every five minutes while it goes on, and one when none has been
 * refused for ten seconds. How many it were at any moment, series tell.
 *
 * @param service only facts of this service are written
 * @returns ends the subscription; what is going on is told of first
 */
export function writeAdmissionLines(service: string, logger: Logger, clock: Clock): () => void {
  let shedding: Shedding | undefined
  let timer: TimerHandle | undefined

  const end = subscribe('keelson.admission.shed', (fact) => {
    if (fact.service !== service) return
    const nowMs = clock.monotonic()
    shedding ??= begin(fact, nowMs)
    shedding.lastMs = nowMs
    shedding.counts.set(fact.reason, (shedding.counts.get(fact.reason) ?? 0) + 1)
    if (fact.criticality === 'critical') shedding.criticalCount += 1
  })

  function begin({ reason, criticality }: AdmissionShed, nowMs: number): Shedding {
    const fields = { shed_reason: reason, criticality }
    logger.warn(fields, `requests are refused: ${causes[reason]}`)
    look(quietMs)
    return { sinceMs: nowMs, counts: new Map(), criticalCount: 0, lastMs: nowMs, toldMs: nowMs }
  }

  /** One timer for all refusals: each of them only notes the time. */
  function look(afterMs: number): void {
    timer = clock.setTimeout(() => {
      timer = undefined
      if (shedding === undefined) return
      const nowMs = clock.monotonic()
      const leftMs = shedding.lastMs + quietMs - nowMs
      if (leftMs <= 0) {
        tellEnd(shedding)
        return
      }
      if (nowMs - shedding.toldMs >= stillMs) {
        shedding.toldMs = nowMs
        logger.warn(fieldsOf(shedding), `requests are still refused: ${summaryOf(shedding)}`)
      }
      look(leftMs)
    }, afterMs)
    timer.unref()
  }

  function tellEnd(ended: Shedding): void {
    shedding = undefined
    logger.info(fieldsOf(ended), `requests are let in again, after ${summaryOf(ended)}`)
  }

  return () => {
    end()
    clock.clearTimeout(timer)
    if (shedding !== undefined)
      logger.info(fieldsOf(shedding), `requests were refused: ${summaryOf(shedding)}`)
    shedding = undefined
  }
}

const causes: Readonly<Record<Reason, string>> = {
  backlog: 'they would wait too long for the event loop',
  limit: 'as many as may be are under way',
  deadline: 'they cannot be done before their callers give up',
  draining: 'the service stops',
  rate: 'a caller sends more than its share',
}

function fieldsOf({ sinceMs, lastMs, counts, criticalCount }: Shedding): Readonly<Record<string, unknown>> {
  return {
    shed_count: countOf(counts),
    shed_critical_count: criticalCount,
    shed_reasons: reasonsOf(counts),
    shed_ms: Math.round(lastMs - sinceMs),
  }
}

function summaryOf({ sinceMs, lastMs, counts }: Shedding): string {
  const count = countOf(counts)
  const seconds = Math.max(1, Math.ceil((lastMs - sinceMs) / 1_000))
  return `${count} ${count === 1 ? 'refusal' : 'refusals'} in ${seconds} s (${reasonsOf(counts)})`
}

function reasonsOf(counts: ReadonlyMap<Reason, number>): string {
  return [...counts].map(([reason, count]) => `${reason} ${count}`).join(', ')
}

function countOf(counts: ReadonlyMap<Reason, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}
