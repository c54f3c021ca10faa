import type { PreviousExit } from '../channels/index.ts'
import { exitCodes } from '../lifecycle/exit-codes.ts'
import type { Ledger } from './ledger.ts'
import type { LifeEnd } from './life-record.ts'

/** What is told of the life before. */
export function previousExitOf(service: string, { previous, restartsLastHourCount }: Ledger): PreviousExit {
  const { reason, evidence, record, report } = previous
  const lastSeenAtMs = record && (record.end?.atMs ?? report?.atMs ?? record.beatAtMs)
  return {
    service,
    reason,
    evidence,
    lastSeenAtMs,
    lifetimeMs: record && lastSeenAtMs && lastSeenAtMs - record.startedAtMs,
    exitCode: record?.end?.exitCode,
    error: record?.end?.error ?? (report && [report.event, ...report.stack].join('\n')),
    requestId: record?.end?.requestId,
    // The fields that are there are numbers: parseRecord looked at them.
    vitals: record?.vitals as PreviousExit['vitals'],
    restartsLastHourCount,
  }
}

/** How a life ends, told by the exit code (DESIGN §3.6) and by whether a stop was under way or complete. */
export function endOf(
  { exitCode, stopping, stopped = false }: { exitCode: number; stopping: boolean; stopped?: boolean },
  atMs: number,
): LifeEnd {
  if (exitCode === exitCodes.stoppedByDeadline) {
    return { reason: 'deadline', atMs, exitCode, evidence: 'Stopped: the grace period was over.' }
  }
  if (stopping && (exitCode === exitCodes.secondSigint || exitCode === exitCodes.secondSigterm)) {
    return { reason: 'second-signal', atMs, exitCode, evidence: 'A second signal ended it at once.' }
  }
  if (stopped && exitCode === exitCodes.restart) {
    return { reason: 'restart', atMs, exitCode, evidence: 'It ended itself in order to be started again.' }
  }
  return stopped && exitCode === exitCodes.clean
    ? { reason: 'clean', atMs, exitCode, evidence: 'Stopped.' }
    : { reason: 'exit', atMs, exitCode, evidence: `It ended itself with code ${exitCode}, without a stop.` }
}
