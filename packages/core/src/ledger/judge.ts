import type { ExitReason } from '../channels/index.ts'
import { usedOfContainer } from '../limits/index.ts'
import type { FatalReport } from './fatal-report.ts'
import type { LifeRecord } from './life-record.ts'
import type { StallMark } from './stall-mark.ts'

/** What was found of the life before. */
export interface Remains {
  readonly record: LifeRecord
  /** V8's own report of that life. */
  readonly report?: FatalReport | undefined
  readonly stall?: StallMark | undefined
  /** Kills for want of memory in the container, as counted now. */
  readonly oomKillCount?: number | undefined
}

/** How a life ended, and what that is concluded from. */
export interface Judgement {
  readonly reason: ExitReason
  readonly evidence: string
}

// The last heartbeat is up to a second old: what was this full then may have been full at the end (facts: reliability §8).
const MEMORY_SHARE = 0.9
// V8 gives up before its old generation is full, when collections free next to nothing: the last heartbeats before that
// had 94 to 96 % of it in use (a leak of 1 MiB a second, Node 22.23, 24.21 and 26.10).
const HEAP_SHARE = 0.9

/**
 * Concludes how a life ended: from its own words where it had time for them, else from what it left. A kill is only
 * called one for want of memory when memory was short.
 */
export function judge({ record, report, stall, oomKillCount }: Remains): Judgement {
  const { end, vitals, phase } = record
  if (end !== undefined) return { reason: end.reason, evidence: end.evidence }
  if (report !== undefined) {
    return report.trigger === 'OOMError'
      ? { reason: 'heap-abort', evidence: `V8 gave up: ${report.event}.` }
      : { reason: 'unknown', evidence: `V8 ended the process: ${report.event}.` }
  }
  if (oomKillCount !== undefined && oomKillCount > (record.oomKillCount ?? oomKillCount)) {
    return {
      reason: 'memory-kill',
      evidence: 'The kernel counts a kill for want of memory in this container.',
    }
  }
  const used = usedOfContainer({ rssBytes: vitals.rssBytes, workingSetBytes: vitals.workingSetBytes })
  const { containerLimitBytes, oldSpaceUsedBytes = 0, oldSpaceLimitBytes = Number.POSITIVE_INFINITY } = vitals
  if (containerLimitBytes !== undefined && used >= containerLimitBytes * MEMORY_SHARE) {
    return {
      reason: 'memory-kill',
      evidence: `It vanished with ${percent(used, containerLimitBytes)} of the container's memory in use.`,
    }
  }
  if (stall !== undefined && stall.pid === record.pid && stall.seenAtMs >= record.beatAtMs) {
    const stalledMs = stall.seenAtMs - stall.sinceMs
    return {
      reason: 'stall-kill',
      evidence: `It vanished while its main thread had been blocked for ${Math.round(stalledMs / 1_000)} s.`,
    }
  }
  if (phase === 'draining' || phase === 'closing') {
    return { reason: 'deadline', evidence: `It was killed while it was ${phase}, before it was done.` }
  }
  if (record.reportPath === undefined && oldSpaceUsedBytes >= oldSpaceLimitBytes * HEAP_SHARE) {
    return {
      reason: 'heap-abort',
      evidence: `It vanished with ${percent(oldSpaceUsedBytes, oldSpaceLimitBytes)} of the old generation in use.`,
    }
  }
  return { reason: 'unknown', evidence: 'It vanished without a trace and without want of memory.' }
}

function percent(part: number, whole: number): string {
  return `${Math.round((part / whole) * 100)} %`
}
