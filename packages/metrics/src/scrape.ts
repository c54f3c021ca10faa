import { setImmediate as nextTurn } from 'node:timers/promises'
import { type ChannelName, subscriberFailureCount } from '@keelson/core/channels'
import type { Clock } from '@keelson/core/clock'
import { createCollectorRunner } from './collectors.ts'
import { contentTypes, type ExpositionFormat, familyName } from './exposition.ts'
import type { Families } from './families.ts'
import {
  collectorsOf,
  type ForeignCollector,
  type ForeignRegistry,
  renderForeign,
} from './foreign-registry.ts'
import type { RuntimeCollector } from './runtime-series.ts'

/** One answer of `/metrics`. */
export interface Exposition {
  /** Value of the `content-type` header. */
  readonly contentType: string
  readonly body: string
}

/** What a scrape collects from. */
export interface ScrapeOptions {
  readonly families: Families
  readonly clock: Clock
  readonly collectors: readonly RuntimeCollector[]
  /** Registries of Prometheus clients, in the order in which they are shown; may grow. */
  readonly registries: readonly ForeignRegistry[]
  /** Family names that a foreign metric cannot have. */
  readonly ownNames: ReadonlySet<string>
  /** Told of every collector that failed or took too long. */
  readonly onFailure: (collector: string, error: unknown) => void
}

/**
 * Makes the function that collects and writes one exposition. Callers that ask for the same format at the same time share
 * one; it never rejects.
 */
export function createScrape({
  families,
  clock,
  collectors,
  registries,
  ownNames,
  onFailure,
}: ScrapeOptions): (format: ExpositionFormat) => Promise<Exposition> {
  const scrapeCount = families.scalar('keelson_metrics_scrapes_total').series()
  const scrapeSeconds = families.scalar('keelson_metrics_scrape_seconds_total').series()
  const subscriberErrors = families.scalar('keelson_channel_subscriber_errors_total')
  const collectErrors = families.scalar('keelson_metrics_collect_errors_total')
  const runner = createCollectorRunner(clock, onFailure)
  const inProgress = new Map<ExpositionFormat, Promise<Exposition>>()
  for (const { name } of collectors) collectErrors.series(name)

  async function expose(format: ExpositionFormat): Promise<Exposition> {
    const startedAtMs = clock.monotonic()
    const [leftOut, foreign] = await Promise.all([collectRuntime(), collectForeign(format)])
    for (const name of observedChannels) subscriberErrors.series(name).value = subscriberFailureCount(name)
    const end = format === 'openmetrics' ? '# EOF\n' : ''
    const body = families.render(format, leftOut) + foreign + end
    scrapeCount.value++
    scrapeSeconds.value += (clock.monotonic() - startedAtMs) / 1_000
    return { contentType: contentTypes[format], body }
  }

  /** @returns the metrics that are left out because their collector failed */
  async function collectRuntime(): Promise<ReadonlySet<string>> {
    const leftOut = new Set<string>()
    await Promise.all(
      collectors.map(async (collector) => {
        const done = await runner.run(collector.name, () => collector.collect()?.then(() => true) ?? true)
        if (done === undefined) for (const metric of collector.metrics) leftOut.add(metric)
      }),
    )
    return leftOut
  }

  async function collectForeign(format: ExpositionFormat): Promise<string> {
    const seen = new Set(ownNames)
    const texts: Promise<string>[] = []
    for (const registry of registries) {
      for (const collector of (await runner.run('adopted.registry', () => collectorsOf(registry))) ?? []) {
        if (seen.has(familyName(collector.name))) continue
        seen.add(familyName(collector.name))
        if (collector.collects) collectErrors.series(collector.name)
        // One metric a turn of the loop: a large foreign registry must not hold up requests.
        if (texts.length > 0) await nextTurn()
        texts.push(foreignText(format, collector))
      }
    }
    return (await Promise.all(texts)).join('')
  }

  async function foreignText(format: ExpositionFormat, collector: ForeignCollector): Promise<string> {
    const metric = await runner.run(collector.name, () => collector.read())
    if (metric === undefined) return ''
    try {
      return renderForeign(format, metric)
    } catch (error) {
      onFailure(collector.name, error)
      return ''
    }
  }

  return (format) => {
    const scrape = inProgress.get(format) ?? expose(format).finally(() => inProgress.delete(format))
    inProgress.set(format, scrape)
    return scrape
  }
}

/** Channels whose subscribers' failures are shown: of these the chassis makes series and lines. */
const observedChannels: readonly ChannelName[] = [
  'keelson.lifecycle.changed',
  'keelson.health.changed',
  'keelson.request.completed',
  'keelson.dependency.declared',
  'keelson.client.call',
  'keelson.client.attempt',
  'keelson.client.retry',
  'keelson.breaker.changed',
  'keelson.config.applied',
  'keelson.config.rejected',
  'keelson.config.source',
  'keelson.log.dropped',
  'keelson.admission.shed',
]
