import { type LifecycleChanged, subscribe } from '@keelson/core/channels'
import type { Clock } from '@keelson/core/clock'
import type { Families } from './families.ts'

const phases = ['starting', 'started', 'draining', 'closing', 'stopped'] as const

const shedReasons = ['backlog', 'limit', 'deadline', 'draining', 'rate'] as const

const criticalities = ['critical', 'default', 'sheddable'] as const

/** Why lines on stdout are lost as a rule; a rarer reason gets its series with its first line. */
const dropReasons = ['queue-full', 'EPIPE'] as const

/** Where everything that records facts of one service gets them from. */
export interface FactSource {
  /** Only facts of this service are recorded; another may live in the process. */
  readonly service: string
  readonly families: Families
  readonly clock: Clock
}

/**
 * Turns what happens to the service itself into series: its life, health, configuration, admission and log.
 *
 * @returns one function per subscription that ends it
 */
export function recordServiceFacts(source: FactSource): readonly (() => void)[] {
  return [
    ...recordReadiness(source),
    ...recordConfiguration(source),
    ...recordLosses(source),
    ...recordResources(source),
  ]
}

function recordReadiness({ service, families }: FactSource): readonly (() => void)[] {
  const ready = families.scalar('keelson_ready').series()
  const phaseSeries = families.scalar('keelson_lifecycle_phase')
  const checks = families.scalar('keelson_health_check_up')
  const changes = families.scalar('keelson_health_check_changes_total')
  const criticalDown = new Set<string>()
  let phase: LifecycleChanged['phase'] = 'starting'

  function update(): void {
    for (const candidate of phases) phaseSeries.series(candidate).value = candidate === phase ? 1 : 0
    ready.value = phase === 'started' && criticalDown.size === 0 ? 1 : 0
  }
  update()
  return [
    subscribe('keelson.lifecycle.changed', (fact) => {
      if (fact.service !== service) return
      phase = fact.phase
      update()
    }),
    subscribe('keelson.health.changed', (fact) => {
      if (fact.service !== service) return
      checks.series(fact.check, String(fact.critical)).value = fact.status === 'up' ? 1 : 0
      for (const status of ['up', 'down']) changes.series(fact.check, status)
      changes.series(fact.check, fact.status).value++
      if (fact.critical && fact.status === 'down') criticalDown.add(fact.check)
      else criticalDown.delete(fact.check)
      update()
    }),
  ]
}

function recordConfiguration({ service, families, clock }: FactSource): readonly (() => void)[] {
  const info = families.scalar('keelson_config_info')
  const revision = families.scalar('keelson_config_revision').series()
  const appliedAt = families.scalar('keelson_config_applied_timestamp_seconds').series()
  const applied = families.scalar('keelson_config_applied_total').series()
  const rejected = families.scalar('keelson_config_rejected_total').series()
  const sources = families.scalar('keelson_config_source_up')
  const synced = families.scalar('keelson_config_source_synced_timestamp_seconds')
  const pending = families.scalar('keelson_config_restart_pending_keys').series()
  const shadowed = families.scalar('keelson_config_shadowed_keys').series()
  const pinned = families.scalar('keelson_config_pinned_keys').series()
  return [
    subscribe('keelson.config.applied', (fact) => {
      if (fact.service !== service) return
      // Of the digests only the one in force is shown: two at a time would look like drift.
      info.clear()
      info.series(fact.hash).value = 1
      revision.value = fact.revision
      appliedAt.value = clock.now() / 1_000
      applied.value++
    }),
    subscribe('keelson.config.rejected', (fact) => {
      if (fact.service === service) rejected.value++
    }),
    subscribe('keelson.config.source', (fact) => {
      if (fact.service !== service) return
      sources.series(fact.source).value = fact.up ? 1 : 0
      synced.series(fact.source) // 0 for a source that has never been read
    }),
    subscribe('keelson.config.synced', (fact) => {
      if (fact.service === service) synced.series(fact.source).value = clock.now() / 1_000
    }),
    subscribe('keelson.config.state', (fact) => {
      if (fact.service !== service) return
      pending.value = fact.pendingKeys.length
      shadowed.value = fact.shadowedKeys.length
      pinned.value = fact.pinnedKeys.length
    }),
  ]
}

const spanLossReasons = ['queue-full', 'export-failed'] as const

function recordLosses({ service, families }: FactSource): readonly (() => void)[] {
  const shed = families.scalar('keelson_admission_shed_total')
  const dropped = families.scalar('keelson_log_dropped_total')
  const waits = families.histogram('keelson_admission_wait_seconds').series()
  for (const reason of shedReasons) for (const criticality of criticalities) shed.series(reason, criticality)
  for (const reason of dropReasons) dropped.series(reason)
  const spans = families.scalar('keelson_trace_spans_lost_total')
  for (const reason of spanLossReasons) spans.series(reason)
  return [
    subscribe('keelson.admission.shed', (fact) => {
      if (fact.service === service) shed.series(fact.reason, fact.criticality).value++
    }),
    subscribe('keelson.admission.waited', (fact) => {
      if (fact.service === service) waits.observe(fact.waitMs / 1_000)
    }),
    subscribe('keelson.log.dropped', (fact) => {
      if (fact.service === service) dropped.series(fact.reason).value += fact.count
    }),
    subscribe('keelson.log.shipped', (fact) => {
      if (fact.service !== service) return
      // Made with the first fact: most services ship nothing.
      families.scalar('keelson_log_shipping_up').series().value = fact.isConnected ? 1 : 0
      families.scalar('keelson_log_shipped_total').series().value += fact.count
      families.scalar('keelson_log_shipped_bytes_total').series().value += fact.bytes
    }),
    subscribe('keelson.trace.lost', (fact) => {
      if (fact.service === service) spans.series(fact.reason).value += fact.count
    }),
  ]
}

function recordResources({ service, families }: FactSource): readonly (() => void)[] {
  const states = families.scalar('keelson_resource_up')
  const connects = families.scalar('keelson_resource_connects_total')
  return [
    subscribe('keelson.resource.changed', (fact) => {
      if (fact.service !== service) return
      states.series(fact.resource).value = fact.up ? 1 : 0
      for (const result of ['success', 'failure']) connects.series(fact.resource, result)
    }),
    subscribe('keelson.resource.connected', (fact) => {
      if (fact.service === service) connects.series(fact.resource, fact.result).value++
    }),
  ]
}
