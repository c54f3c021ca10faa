import { setImmediate as nextTurn } from 'node:timers/promises'
import { type ChannelName, subscriberFailureCount } from '@keelson/core/channels'
import type { Clock } from '@keelson/core/clock'
import { createCollectorRunner } from './collectors.ts'
import { contentTypes, type ExpositionFormat, familyName } from './exposition.ts'
import type { Families } from './families.ts'
import { collectorsOf, type ForeignMetric, type ForeignRegistry, foreignLines } from './foreign-registry.ts'
import { PageWriter } from './page-writer.ts'
import type { RuntimeCollector } from './runtime-series.ts'

/** One answer of `/metrics`. */
export interface Exposition {
  /** Value of the `content-type` header. */
  readonly contentType: string
  /** The page as it goes out, in UTF-8. */
  readonly bytes: Uint8Array
  /** The page as text, made when it is first asked for. */
  readonly body: string
}

/**
 * How long a scrape writes before it lets the event loop turn, in milliseconds, and after how many bytes it looks: no scrape
 * may hold up requests for more than 5 ms, and what is written between two looks takes 1 ms in a cold process.
 */
const turnMs = 2
const lookEveryBytes = 16 * 1_024

/** What a scrape collects from. */
export interface ScrapeOptions {
  readonly families: Families
  readonly clock: Clock
  readonly collectors: readonly RuntimeCollector[]
  /** Registries of Prometheus clients, in the order in which they are shown; asked in every scrape. */
  readonly registries: () => readonly ForeignRegistry[]
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
  // One scrape of a format is under way at a time, so that each has its page to itself.
  const pages = { text: new PageWriter('text'), openmetrics: new PageWriter('openmetrics') }
  const inProgress = new Map<ExpositionFormat, Promise<Exposition>>()
  for (const { name } of collectors) collectErrors.series(name)

  async function expose(format: ExpositionFormat): Promise<Exposition> {
    const startedAtMs = clock.monotonic()
    const [leftOut, foreign] = await Promise.all([collectRuntime(), collectForeign()])
    for (const name of observedChannels) subscriberErrors.series(name).value = subscriberFailureCount(name)
    const page = pages[format]
    page.cutAt(0)
    const pause = pauseFor(page, clock)
    await families.write(page, leftOut, pause)
    for (const metric of foreign) await writeForeign(page, metric, pause)
    if (format === 'openmetrics') page.text('# EOF\n')
    const exposition = expositionOf(contentTypes[format], page.take())
    scrapeCount.value++
    scrapeSeconds.value += (clock.monotonic() - startedAtMs) / 1_000
    return exposition
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

  async function collectForeign(): Promise<readonly ForeignMetric[]> {
    const seen = new Set(ownNames)
    const reads: Promise<ForeignMetric | undefined>[] = []
    for (const registry of registries()) {
      for (const collector of (await runner.run('adopted.registry', () => collectorsOf(registry))) ?? []) {
        if (seen.has(familyName(collector.name))) continue
        seen.add(familyName(collector.name))
        if (collector.collects) collectErrors.series(collector.name)
        // One metric a turn of the loop: a large foreign registry must not hold up requests.
        if (reads.length > 0) await nextTurn()
        reads.push(runner.run(collector.name, () => collector.read()))
      }
    }
    return (await Promise.all(reads)).filter((metric) => metric !== undefined)
  }

  /** A metric that turns out to be nonsense half-way is taken off the page again. */
  async function writeForeign(page: PageWriter, metric: ForeignMetric, pause: Pause): Promise<void> {
    const start = page.length
    try {
      for (const text of foreignLines(page.format, metric)) {
        page.text(text)
        const pausing = pause()
        if (pausing !== undefined) await pausing
      }
    } catch (error) {
      page.cutAt(start)
      onFailure(metric.name, error)
    }
  }

  return (format) => {
    const scrape = inProgress.get(format) ?? expose(format).finally(() => inProgress.delete(format))
    inProgress.set(format, scrape)
    return scrape
  }
}

type Pause = () => Promise<void> | undefined

/** Lets the event loop turn when the page has been written for long enough since it last turned. */
function pauseFor(page: PageWriter, clock: Clock): Pause {
  let turnedAtMs = clock.monotonic()
  let lookAt = lookEveryBytes
  const turn = async () => {
    await nextTurn()
    turnedAtMs = clock.monotonic()
  }
  return () => {
    if (page.length < lookAt) return undefined
    lookAt = page.length + lookEveryBytes
    return clock.monotonic() - turnedAtMs < turnMs ? undefined : turn()
  }
}

function expositionOf(contentType: string, bytes: Uint8Array): Exposition {
  let body: string | undefined
  return {
    contentType,
    bytes,
    get body() {
      body ??= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
      return body
    },
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
  'keelson.breaker.forced',
  'keelson.config.applied',
  'keelson.config.rejected',
  'keelson.config.source',
  'keelson.config.synced',
  'keelson.config.state',
  'keelson.log.dropped',
  'keelson.log.shipped',
  'keelson.trace.lost',
  'keelson.resource.connected',
  'keelson.resource.changed',
  'keelson.admission.shed',
  'keelson.admission.waited',
  'keelson.work.declared',
  'keelson.work.completed',
  'keelson.process.stalled',
]
