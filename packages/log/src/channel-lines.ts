import {
  subscribe,
  type BreakerChanged,
  type BreakerForced,
  type ConfigApplied,
  type ConfigRejected,
  type ConfigSourceChanged,
  type ConfigWarned,
  type HealthChanged,
  type LifecycleChanged,
  type MetricsProblem,
} from '@keelson/core/channels'
import type { Clock } from '@keelson/core/clock'
import { writeAdmissionLines } from './admission-lines.ts'
import { writeDependencyLines } from './dependency-lines.ts'
import type { Logger } from './pino-adapter.ts'
import { writeProcessLines } from './process-lines.ts'

/**
 * Writes a line for every fact of a service that somebody may look for later: circuits, health, configuration, the
 * life of the process, the beginning and the end of overload. Facts of each call and request are left to metrics and to access lines.
 *
 * @param service only facts of this service are written; another one may live in the process
 * @returns ends the subscriptions
 */
export function writeChannelLines(service: string, logger: Logger, clock: Clock): () => void {
  const own = <Fact extends { readonly service: string }>(write: (logger: Logger, fact: Fact) => void) => {
    return (fact: Fact): void => {
      if (fact.service === service) write(logger, fact)
    }
  }
  const ends = [
    subscribe('keelson.lifecycle.changed', own(lifecycleLine)),
    subscribe('keelson.health.changed', own(healthLine)),
    subscribe('keelson.breaker.changed', own(breakerLine)),
    subscribe('keelson.breaker.forced', own(forceLine)),
    subscribe('keelson.config.applied', own(appliedLine)),
    subscribe('keelson.config.rejected', own(rejectedLine)),
    subscribe('keelson.config.source', own(sourceLine)),
    subscribe('keelson.config.warned', own(warnedLine)),
    subscribe('keelson.metrics.problem', own(metricsLine)),
    writeAdmissionLines(service, logger, clock),
    writeDependencyLines(service, logger),
    writeProcessLines(service, logger),
  ]
  return () => {
    for (const end of ends) end()
  }
}

function lifecycleLine(logger: Logger, { phase, reason }: LifecycleChanged): void {
  logger.info({ phase, reason }, reason === undefined ? `service ${phase}` : `service ${phase}: ${reason}`)
}

function healthLine(logger: Logger, { check, status, critical, error }: HealthChanged): void {
  if (status === 'up') {
    logger.info({ check, check_status: status, critical }, `health check ${check} is up`)
    return
  }
  const consequence = critical ? ', the service is not ready' : ''
  logger.warn(
    { check, check_status: status, critical, err: error },
    `health check ${check} is down${consequence}`,
  )
}

function breakerLine(logger: Logger, fact: BreakerChanged): void {
  const { dependency, from, to, callCount, failureCount } = fact
  const fields = {
    dependency,
    breaker_from: from,
    breaker_to: to,
    call_count: callCount,
    failure_count: failureCount,
  }
  // Who did that, and for how long, is in the line of `keelson.breaker.forced`.
  if (to === 'isolated') return
  if (to === 'open') {
    logger.warn(fields, `circuit of ${dependency} is open: ${failureCount} of ${callCount} calls failed`)
  } else logger.info(fields, `circuit of ${dependency} is ${to}`)
}

function forceLine(logger: Logger, { dependency, operation, forced, forMs, expired }: BreakerForced): void {
  const fields = { dependency, operation, breaker_forced: forced, for_ms: forMs, expired }
  const whose = operation === undefined ? dependency : `${dependency}, operation ${operation},`
  const until = forMs === undefined ? 'until it is released' : `for ${Math.round(forMs / 1_000)} s`
  if (forced === 'none') {
    const why = expired === true ? 'the time is up' : 'it was released'
    logger.warn(fields, `circuit breaker of ${whose} decides by itself again: ${why}`)
  } else if (forced === 'open') {
    logger.warn(fields, `circuit of ${whose} is forced open ${until}: every call is refused`)
  } else
    logger.warn(fields, `circuit of ${whose} is forced closed ${until}: no call is refused, whatever fails`)
}

function appliedLine(logger: Logger, { revision, hash, changedKeys }: ConfigApplied): void {
  const what = changedKeys.length === 0 ? '' : `: ${changedKeys.join(', ')}`
  logger.info(
    { config_revision: revision, config_hash: hash, changed_keys: changedKeys },
    `configuration ${revision} is in force${what}`,
  )
}

function rejectedLine(logger: Logger, { faults }: ConfigRejected): void {
  logger.error(
    { faults, fault_count: faults.length },
    `a change of configuration was refused, the last good one stays: ${faults.join(' ')}`,
  )
}

function warnedLine(logger: Logger, { warning }: ConfigWarned): void {
  logger.warn(warning)
}

function sourceLine(logger: Logger, { source, up }: ConfigSourceChanged): void {
  const fields = { config_source: source, up }
  if (up) logger.info(fields, `configuration source ${source} is within reach`)
  else
    logger.warn(fields, `configuration source ${source} is out of reach, the last known configuration stays`)
}

/** Each problem is told once by whoever publishes it; the series say how often it happens. */
function metricsLine(logger: Logger, { problem, subject, error }: MetricsProblem): void {
  const fields = { metrics_problem: problem, subject, ...(error === undefined ? {} : { err: error }) }
  if (problem === 'overflow') {
    logger.warn(
      fields,
      `metric ${subject} has more label values than its cap, later ones are counted as other`,
    )
  } else if (problem === 'collect') {
    logger.warn(fields, `collector ${subject} failed, its series are left out of scrapes while it does`)
  } else {
    logger.info(fields, `metrics that other code counts in ${subject} are shown too`)
  }
}
