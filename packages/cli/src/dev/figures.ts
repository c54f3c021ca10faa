import type { Exposition, Sample } from '../exposition/parse.ts'
import type { DependencyMessage, SampleMessage } from './messages.ts'

/** What of a page of metrics the figures are made of. Counters are sums over all labels but those named. */
export interface Scrape {
  readonly atMs: number
  readonly requests: number
  readonly errors: number
  /** Answers by the upper bound of their bucket, in seconds; bounds ascending. */
  readonly buckets: readonly (readonly [bound: number, count: number])[]
  readonly cpuSeconds: number
  readonly gauges: {
    readonly inFlight: number
    readonly lagSeconds: number
    readonly utilization: number
    /** Of the old generation, which is what V8 gives up over. */
    readonly heapBytes: number
    readonly heapLimitBytes: number
    readonly residentBytes: number
  }
  readonly dependencies: ReadonlyMap<string, DependencyCounts>
}

interface DependencyCounts {
  readonly breaker: string
  readonly forced: 'open' | 'closed' | null
  readonly calls: number
  readonly failures: number
}

/** Outcomes of a call that say nothing bad of the dependency: a caller that has left is none of its faults. */
const successOutcomes: ReadonlySet<string> = new Set(['success', 'cancelled'])

/** Reads a page of metrics. */
export function readScrape({ families }: Exposition, atMs: number): Scrape {
  const samplesOf = (name: string): readonly Sample[] =>
    families.find((family) => family.name === name)?.samples ?? []
  const gauge = (name: string): number => samplesOf(name)[0]?.value ?? 0
  const requests = samplesOf('http_requests_total')
  return {
    atMs,
    requests: sum(requests),
    errors: sum(requests.filter((sample) => labelOf(sample, 'status_code').startsWith('5'))),
    buckets: sumBuckets(samplesOf('http_request_duration_seconds')),
    cpuSeconds: gauge('process_cpu_seconds_total'),
    gauges: {
      inFlight: gauge('http_requests_in_flight'),
      lagSeconds: gauge('nodejs_eventloop_lag_p99_seconds'),
      utilization: gauge('nodejs_eventloop_utilization_ratio'),
      heapBytes: gauge('keelson_heap_old_generation_used_bytes'),
      heapLimitBytes: gauge('keelson_heap_old_generation_limit_bytes'),
      residentBytes: gauge('process_resident_memory_bytes'),
    },
    dependencies: readDependencies(
      samplesOf('keelson_breaker_state'),
      samplesOf('keelson_breaker_forced'),
      samplesOf('keelson_client_calls_total'),
    ),
  }
}

/**
 * Makes the figures of the time between two scrapes. A counter that has fallen belongs to a new process and began at 0.
 *
 * @param before `undefined` for the first scrape: its rates are 0
 */
export function figuresBetween(before: Scrape | undefined, now: Scrape): SampleMessage {
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1_000
  const isNew = before === undefined || now.requests < before.requests || now.cpuSeconds < before.cpuSeconds
  const rate = (value: number, earlier: number | undefined): number =>
    seconds <= 0 ? 0 : Math.max(0, value - (isNew ? 0 : (earlier ?? 0))) / seconds
  const requestsPerSecond = rate(now.requests, before?.requests)
  const buckets = isNew || before === undefined ? [] : bucketsBetween(before.buckets, now.buckets)
  const { lagSeconds, ...gauges } = now.gauges
  return {
    atMs: now.atMs,
    requestsPerSecond,
    errorRatio: requestsPerSecond === 0 ? 0 : rate(now.errors, before?.errors) / requestsPerSecond,
    p50Ms: quantileMs(buckets, 0.5),
    p99Ms: quantileMs(buckets, 0.99),
    cpu: rate(now.cpuSeconds, before?.cpuSeconds),
    lagMs: lagSeconds * 1_000,
    ...gauges,
    dependencies: [...now.dependencies].map(([name, counts]): DependencyMessage => {
      const earlier = before?.dependencies.get(name)
      const callsPerSecond = rate(counts.calls, earlier?.calls)
      const failuresPerSecond = rate(counts.failures, earlier?.failures)
      return {
        name,
        breaker: counts.breaker,
        forced: counts.forced,
        callsPerSecond,
        failureRatio: callsPerSecond === 0 ? 0 : failuresPerSecond / callsPerSecond,
      }
    }),
  }
}

/**
 * Estimates a quantile within its bucket, as `histogram_quantile` of Prometheus does.
 *
 * @returns milliseconds; the highest bound for what lies above it; `null` without any answer
 */
export function quantileMs(buckets: Scrape['buckets'], share: number): number | null {
  const count = buckets.at(-1)?.[1] ?? 0
  if (count === 0) return null
  const rank = share * count
  let lowBound = 0
  let lowCount = 0
  for (const [bound, upTo] of buckets) {
    if (upTo >= rank) {
      if (bound === Infinity) return lowBound * 1_000
      const within = upTo === lowCount ? 1 : (rank - lowCount) / (upTo - lowCount)
      return (lowBound + (bound - lowBound) * within) * 1_000
    }
    lowBound = bound
    lowCount = upTo
  }
  return lowBound * 1_000
}

function bucketsBetween(before: Scrape['buckets'], now: Scrape['buckets']): Scrape['buckets'] {
  const earlier = new Map(before)
  return now.map(([bound, count]) => [bound, count - (earlier.get(bound) ?? 0)] as const)
}

function sumBuckets(samples: readonly Sample[]): Scrape['buckets'] {
  const counts = new Map<number, number>()
  for (const sample of samples) {
    const text = labelOf(sample, 'le')
    if (text === '') continue
    const bound = /inf/i.test(text) ? Infinity : Number(text)
    counts.set(bound, (counts.get(bound) ?? 0) + sample.value)
  }
  return [...counts].toSorted(([a], [b]) => a - b)
}

function readDependencies(
  states: readonly Sample[],
  forces: readonly Sample[],
  calls: readonly Sample[],
): ReadonlyMap<string, DependencyCounts> {
  const found = new Map<string, DependencyCounts>()
  const nothing: DependencyCounts = { breaker: 'none', forced: null, calls: 0, failures: 0 }
  for (const sample of states) {
    if (sample.value !== 1) continue
    found.set(labelOf(sample, 'dependency'), { ...nothing, breaker: labelOf(sample, 'state') })
  }
  for (const sample of forces) {
    if (sample.value !== 1) continue
    const name = labelOf(sample, 'dependency')
    const forced = labelOf(sample, 'to') === 'open' ? 'open' : 'closed'
    found.set(name, { ...(found.get(name) ?? nothing), forced })
  }
  for (const sample of calls) {
    const name = labelOf(sample, 'dependency')
    const counts = found.get(name) ?? nothing
    const failed = successOutcomes.has(labelOf(sample, 'outcome')) ? 0 : sample.value
    found.set(name, { ...counts, calls: counts.calls + sample.value, failures: counts.failures + failed })
  }
  return found
}

function labelOf({ labels }: Sample, name: string): string {
  return labels.find(([label]) => label === name)?.[1] ?? ''
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0)
}
