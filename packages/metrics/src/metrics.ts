import { channel, type MetricsProblem } from '@keelson/core/channels'
import { type Clock, systemClock } from '@keelson/core/clock'
import { checkOptions, KeelsonError, optionRules } from '@keelson/core/errors'
import { negotiate } from './accept.ts'
import { metricCatalogue } from './catalogue.ts'
import { type ClientRegistry, createClientRegistry } from './client-adapter.ts'
import { createCustomHistogram } from './custom-histogram.ts'
import { createCustomMetrics, type CustomMetrics } from './custom-metrics.ts'
import { recordDependencyFacts } from './dependency-facts.ts'
import type { ExemplarSwitch } from './exemplars.ts'
import { familyName } from './exposition.ts'
import { createFamilies } from './families.ts'
import { checkRegistry, type ForeignRegistry } from './foreign-registry.ts'
import { createGlobalRegistryFinder } from './global-registries.ts'
import { createRequestSeries, type RequestMetrics } from './request-series.ts'
import { createRuntimeSeries } from './runtime-series.ts'
import { createScrape, type Exposition } from './scrape.ts'
import { recordProcessFacts } from './process-facts.ts'
import { recordServiceFacts } from './service-facts.ts'
import { recordWorkFacts } from './work-facts.ts'

/** Options of {@link createMetrics}. */
export interface MetricsOptions {
  /** Name of the service; facts of other services in the process are left to their own metrics. */
  readonly service: string
  /**
   * Version of the service, for `keelson_build_info`.
   *
   * @defaultValue 'unknown'
   */
  readonly version?: string
  /**
   * Commit that was built, for `keelson_build_info`.
   *
   * @defaultValue 'unknown'
   */
  readonly commit?: string
  /** @defaultValue the real time */
  readonly clock?: Clock
  /**
   * Whether to watch the process itself: event loop, garbage collector, heap, memory, CPU, file descriptors.
   *
   * @defaultValue true
   */
  readonly runtime?: boolean
  /**
   * How many sets of label values one metric keeps apart, the one labelled `other` included; for requests, how many
   * routes. What comes later is counted under `other`.
   *
   * @range a whole number from 100: the chassis's own closed sets of labels fit below
   * @defaultValue 1,000
   */
  readonly maxSeriesPerMetric?: number
  /**
   * Whether `http_request_duration_seconds` shows, to whoever asks for OpenMetrics, the trace id of the last traced
   * request of each bucket. Prometheus keeps them only with `--enable-feature=exemplar-storage`.
   *
   * @defaultValue false
   */
  readonly exemplars?: boolean
}

/** Values of the options that were not given. */
export const metricsDefaults: Readonly<Required<Omit<MetricsOptions, 'service' | 'clock'>>> = Object.freeze({
  version: 'unknown',
  commit: 'unknown',
  runtime: true,
  maxSeriesPerMetric: 1_000,
  exemplars: false,
})

/** The metrics of one service. */
export interface Metrics extends CustomMetrics {
  readonly service: string
  /** Series of inbound requests. */
  readonly requests: RequestMetrics
  /**
   * Shows the metrics of another registry too, prom-client's included. A metric whose name is shown already is left out: the
   * chassis's own come first, then custom ones, then registries in the order of their adoption.
   *
   * @throws KEELSON_METRICS_REGISTRY_INVALID
   */
  adopt(registry: ForeignRegistry): void
  /**
   * Switches exemplars on or off, whatever the option `exemplars` said; those that were kept are shown again when they are
   * switched on again.
   */
  keepExemplars(on: boolean): void
  /**
   * Collects and writes everything. Never rejects: a collector that fails or takes longer than a second is counted, and
   * its series are left out. Callers that ask at the same time share one answer.
   *
   * @param options `accept`: the header of the request; OpenMetrics 1.0.0 for whoever asks for it, else text 0.0.4
   */
  render(options?: { readonly accept?: string | undefined }): Promise<Exposition>
  /** Ends all subscriptions and monitors. The last values can still be rendered. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes the metrics of a service and starts to record its facts.
 *
 * @throws KEELSON_METRICS_OPTIONS_INVALID
 */
export function createMetrics(options: MetricsOptions): Metrics {
  checkMetricsOptions(options)
  const { service } = options
  const watchRuntime = options.runtime ?? metricsDefaults.runtime
  const clock = options.clock ?? systemClock
  const reported = new Set<string>()

  const cap = { maxSeries: options.maxSeriesPerMetric ?? metricsDefaults.maxSeriesPerMetric, onOverflow }
  const families = createFamilies(cap)
  const overflows = families.scalar('keelson_metrics_overflow_total')
  overflows.series('http_requests_total')
  const rejections = families.scalar('keelson_metrics_rejected_total')
  const collectErrors = families.scalar('keelson_metrics_collect_errors_total')
  const build = [options.version ?? metricsDefaults.version, options.commit ?? metricsDefaults.commit]
  families.scalar('keelson_build_info').series(service, ...build).value = 1

  const exemplars: ExemplarSwitch = { clock: undefined }
  const requests = createRequestSeries(families, cap, exemplars)
  keepExemplars(options.exemplars ?? metricsDefaults.exemplars)
  const source = { service, families, clock }
  const subscriptions = [
    ...recordServiceFacts(source),
    ...recordProcessFacts(source),
    ...recordDependencyFacts(source),
    ...recordWorkFacts(source),
  ]
  const runtime = watchRuntime ? createRuntimeSeries(families, clock) : undefined
  // Without the runtime series their names are free for an adopted registry's.
  const ownNames = new Set(
    metricCatalogue
      .filter(({ name }) => watchRuntime || !/^(?:process|nodejs)_/.test(name))
      .map(({ name }) => familyName(name)),
  )
  const registries: ForeignRegistry[] = []
  const findGlobal = createGlobalRegistryFinder((name, registry) => {
    if (registries.includes(registry)) return
    registries.push(registry)
    report('adopted', name)
  })
  const custom = createCustomMetrics({
    registry: lazyClientRegistry((registry) => registries.unshift(registry)),
    histogram(definition) {
      ownNames.add(familyName(definition.name))
      return createCustomHistogram(families, definition)
    },
    cap,
    claim: createNameClaims((name) => {
      overflows.series(name)
      rejections.series(name)
    }),
    onRejected: (metric) => {
      rejections.series(metric).value++
    },
  })
  const scrape = createScrape({
    families,
    clock,
    collectors: runtime?.collectors ?? [],
    registries: () => {
      findGlobal()
      return registries
    },
    ownNames,
    onFailure(collector, error) {
      collectErrors.series(collector).value++
      report('collect', collector, error)
    },
  })

  function keepExemplars(on: boolean): void {
    exemplars.clock = on ? clock : undefined
  }
  function onOverflow(metric: string): void {
    overflows.series(metric).value++
    report('overflow', metric)
  }
  // Once per subject: the series say how often, the line that a logger makes of this says that it began.
  function report(problem: MetricsProblem['problem'], subject: string, error?: unknown): void {
    if (reported.has(`${problem} ${subject}`)) return
    reported.add(`${problem} ${subject}`)
    channel('keelson.metrics.problem').publish({ service, problem, subject, error })
  }

  async function close(): Promise<void> {
    for (const unsubscribe of subscriptions) unsubscribe()
    runtime?.close()
  }
  return {
    service,
    requests,
    ...custom,
    keepExemplars,
    adopt(registry) {
      checkRegistry(registry)
      if (!registries.includes(registry)) registries.push(registry)
    },
    render: ({ accept } = {}) => scrape(negotiate(accept)),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function checkMetricsOptions(options: MetricsOptions): void {
  checkOptions('KEELSON_METRICS_OPTIONS_INVALID', 'createMetrics', options, {
    service: optionRules.string,
    version: optionRules.string,
    commit: optionRules.string,
    clock: optionRules.object,
    runtime: optionRules.boolean,
    maxSeriesPerMetric: optionRules.number({ min: 100, integer: true }),
    exemplars: optionRules.boolean,
  })
  if (options.service === undefined) {
    throw new KeelsonError(
      'KEELSON_METRICS_OPTIONS_INVALID',
      'createMetrics.service is missing. It takes the name of the service.',
      { details: { path: 'createMetrics.service' } },
    )
  }
}

/** The client's registry, made and mounted when the first custom metric asks for it. */
function lazyClientRegistry(mount: (registry: ForeignRegistry) => void): () => ClientRegistry {
  let made: ClientRegistry | undefined
  return () => {
    if (made === undefined) {
      made = createClientRegistry()
      mount(made.registry)
    }
    return made
  }
}

/** Keeps names apart: of the chassis and of custom metrics, with and without `_total`. */
function createNameClaims(onClaimed: (name: string) => void): (name: string) => void {
  const taken = new Set(metricCatalogue.map(({ name }) => familyName(name)))
  return (name) => {
    if (taken.has(familyName(name))) {
      throw new KeelsonError(
        'KEELSON_METRICS_NAME_TAKEN',
        `A metric named ${name} exists already. Choose another name, or keep the one that was made first.`,
        { details: { name } },
      )
    }
    taken.add(familyName(name))
    onClaimed(name)
  }
}
