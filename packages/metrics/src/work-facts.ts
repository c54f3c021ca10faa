import { subscribe } from '@keelson/core/channels'
import type { FactSource } from './service-facts.ts'

const outcomes = ['success', 'failure'] as const

/**
 * Turns work that is no request into series: messages, jobs and tasks, and what keeps the main thread from working.
 *
 * @returns one function per subscription that ends it
 */
export function recordWorkFacts({ service, families }: FactSource): readonly (() => void)[] {
  const total = families.scalar('keelson_work_total')
  const duration = families.histogram('keelson_work_duration_seconds')
  const stalls = families.scalar('keelson_main_thread_stalls_total').series()
  return [
    subscribe('keelson.work.declared', (fact) => {
      if (fact.service !== service) return
      for (const outcome of outcomes) total.series(fact.kind, fact.name, outcome)
      duration.series(fact.kind, fact.name)
    }),
    subscribe('keelson.work.completed', (fact) => {
      if (fact.service !== service) return
      total.series(fact.kind, fact.name, fact.outcome).value++
      duration.series(fact.kind, fact.name).observe(fact.durationMs / 1_000)
    }),
    subscribe('keelson.process.stalled', (fact) => {
      if (fact.service === service) stalls.value++
    }),
  ]
}
