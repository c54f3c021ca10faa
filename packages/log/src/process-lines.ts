import {
  subscribe,
  type LeakVerdictChanged,
  type LedgerProblem,
  type LimitsWarning,
  type PreviousExit,
} from '@keelson/core/channels'
import type { Logger } from './pino-adapter.ts'

/**
 * Writes a line for what is found out about the process: how its last life ended, limits that do not fit or are nearly
 * used up, a heap that leaks, a record that cannot be kept.
 *
 * @param service only facts of this service are written
 * @returns ends the subscriptions
 */
export function writeProcessLines(service: string, logger: Logger): () => void {
  const own = <Fact extends { readonly service: string }>(write: (logger: Logger, fact: Fact) => void) => {
    return (fact: Fact): void => {
      if (fact.service === service) write(logger, fact)
    }
  }
  const ends = [
    subscribe('keelson.process.previous-exit', own(previousExitLine)),
    subscribe('keelson.limits.warning', own(limitsLine)),
    subscribe('keelson.leak.verdict', own(leakLine)),
    subscribe('keelson.ledger.problem', own(ledgerLine)),
  ]
  return () => {
    for (const end of ends) end()
  }
}

function previousExitLine(logger: Logger, fact: PreviousExit): void {
  const { reason, evidence, lifetimeMs, restartsLastHourCount } = fact
  const fields = {
    previous_exit: reason,
    previous_exit_code: fact.exitCode,
    previous_lifetime_s: lifetimeMs === undefined ? undefined : Math.round(lifetimeMs / 1_000),
    previous_seen_at: fact.lastSeenAtMs === undefined ? undefined : new Date(fact.lastSeenAtMs).toISOString(),
    previous_error: fact.error,
    previous_request_id: fact.requestId,
    restarts_last_hour: restartsLastHourCount,
    ...vitalFields(fact.vitals ?? {}),
  }
  if (reason === 'first-start') logger.info(fields, 'there is no record of an earlier life of this service')
  else if (reason === 'clean') logger.info(fields, `the life before ended as it should: ${evidence}`)
  else if (reason === 'restart') logger.warn(fields, `the life before ended of its own accord: ${evidence}`)
  else logger.error(fields, `the life before ended by ${reason}: ${evidence}`)
}

/** `heapUsedBytes` becomes `previous_heap_used_bytes`. */
function vitalFields(vitals: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(vitals).map(([name, value]) => [
      `previous_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
      value,
    ]),
  )
}

function limitsLine(logger: Logger, { subject, usedBytes, limitBytes, message }: LimitsWarning): void {
  logger.warn({ limit_subject: subject, used_bytes: usedBytes, limit_bytes: limitBytes }, message)
}

function leakLine(logger: Logger, fact: LeakVerdictChanged): void {
  const { verdict, bytesPerMinute, floorBytes, limitBytes, timeToLimitMs } = fact
  const fields = {
    leak_verdict: verdict,
    growth_bytes_per_minute: Math.round(bytesPerMinute),
    heap_floor_bytes: floorBytes,
    limit_bytes: limitBytes,
    time_to_limit_s: timeToLimitMs === undefined ? undefined : Math.round(timeToLimitMs / 1_000),
  }
  if (verdict === 'growing') {
    const perMinute = (bytesPerMinute / 1_048_576).toFixed(2)
    const left = Math.round((timeToLimitMs ?? 0) / 60_000)
    logger.warn(fields, `the heap leaks ${perMinute} MiB a minute; it is full in ${left} minutes`)
  } else logger.info(fields, `the heap is ${verdict === 'flat' ? 'steady' : 'not judged yet'}`)
}

function ledgerLine(logger: Logger, { problem, path, message, error }: LedgerProblem): void {
  logger.warn({ ledger_problem: problem, path, err: error }, message)
}
