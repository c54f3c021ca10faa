import {
  type BreakerChanged,
  type BreakerForced,
  type BreakerState,
  type ClientHedge,
  type ClientOutcome,
  type ClientRetry,
  type DnsAnswer,
  type DnsQuery,
  type EndpointChanged,
  subscribe,
} from '@keelson/core/channels'
import type { HistogramSeries } from './histogram-series.ts'
import type { ScalarSeries } from './scalar-series.ts'
import type { SeriesFamily } from './series-family.ts'
import type { FactSource } from './service-facts.ts'

const outcomes: Readonly<Record<ClientOutcome, true>> = {
  success: true,
  failure: true,
  timeout: true,
  'circuit-open': true,
  cancelled: true,
  rejected: true,
  fallback: true,
}

const retryResults: Readonly<Record<ClientRetry['result'], true>> = {
  scheduled: true,
  exhausted: true,
  deadline: true,
  'not-retryable': true,
}

const hedgeResults: Readonly<Record<ClientHedge['result'], true>> = {
  won: true,
  lost: true,
  failed: true,
  denied: true,
}

const breakerStates: Readonly<Record<BreakerState, true>> = {
  closed: true,
  open: true,
  'half-open': true,
  isolated: true,
}

const forcedStates: Readonly<Record<'open' | 'closed', true>> = { open: true, closed: true }

const endpointStates: Readonly<Record<'up' | 'ejected', true>> = { up: true, ejected: true }

type EjectionReason = NonNullable<EndpointChanged['reason']>

const ejectionReasons: Readonly<Record<EjectionReason, true>> = {
  consecutive: true,
  ratio: true,
  probe: true,
}

const dnsResults: Readonly<Record<DnsQuery['result'], true>> = {
  answered: true,
  'not-found': true,
  failed: true,
}

const dnsSources: Readonly<Record<DnsAnswer['from'], true>> = {
  query: true,
  cache: true,
  stale: true,
  negative: true,
}

/**
 * Turns what happens on the way to dependencies into series: calls, attempts, retries, circuit breakers, endpoints and names. A dependency
 * has all of its series, at 0, from the first fact that names it; one without a breaker counts as closed.
 *
 * @returns one function per subscription that ends it
 */
export function recordDependencyFacts(source: FactSource): readonly (() => void)[] {
  return [...recordCalls(source), ...recordNames(source)]
}

function recordCalls({ service, families }: FactSource): readonly (() => void)[] {
  const byName = new Map<string, DependencySeries>()
  const groups = new Map<string, BreakerSeries>()
  const callDurations = families.histogram('keelson_client_call_duration_seconds')
  const attemptDurations = families.histogram('keelson_client_attempt_duration_seconds')

  function seriesOf(dependency: string): DependencySeries {
    const known = byName.get(dependency)
    if (known !== undefined) return known
    const series: DependencySeries = {
      calls: startAtZero(families.scalar('keelson_client_calls_total'), dependency, outcomes),
      callDurations: callDurations.series(dependency),
      attempts: startAtZero(families.scalar('keelson_client_attempts_total'), dependency, outcomes),
      attemptDurations: attemptDurations.series(dependency),
      retries: startAtZero(families.scalar('keelson_client_retries_total'), dependency, retryResults),
      hedges: startAtZero(families.scalar('keelson_client_hedges_total'), dependency, hedgeResults),
      breaker: breakerOf(dependency),
      endpoints: startAtZero(families.scalar('keelson_client_endpoints'), dependency, endpointStates),
      ejections: startAtZero(families.scalar('keelson_client_ejections_total'), dependency, ejectionReasons),
    }
    byName.set(dependency, series)
    return series
  }

  function breakerOf(name: string): BreakerSeries {
    const series: BreakerSeries = {
      states: startAtZero(families.scalar('keelson_breaker_state'), name, breakerStates),
      changes: startAtZero(families.scalar('keelson_breaker_changes_total'), name, breakerStates),
      forced: startAtZero(families.scalar('keelson_breaker_forced'), name, forcedStates),
    }
    series.states.closed.value = 1
    return series
  }

  /** A group of operations is shown as a dependency of its own, so that rules and boards look at each breaker alone. */
  function breakerSeries({ dependency, operation }: BreakerChanged | BreakerForced): BreakerSeries {
    if (operation === undefined) return seriesOf(dependency).breaker
    const name = `${dependency}:${operation}`
    const series = groups.get(name) ?? breakerOf(name)
    groups.set(name, series)
    return series
  }

  return [
    subscribe('keelson.dependency.declared', (fact) => {
      if (fact.service === service) seriesOf(fact.dependency)
    }),
    subscribe('keelson.client.call', (fact) => {
      if (fact.service !== service) return
      const series = seriesOf(fact.dependency)
      series.calls[fact.outcome].value++
      series.callDurations.observe(fact.durationMs / 1_000)
    }),
    subscribe('keelson.client.attempt', (fact) => {
      if (fact.service !== service) return
      const series = seriesOf(fact.dependency)
      series.attempts[fact.outcome].value++
      series.attemptDurations.observe(fact.durationMs / 1_000)
    }),
    subscribe('keelson.client.retry', (fact) => {
      if (fact.service === service) seriesOf(fact.dependency).retries[fact.result].value++
    }),
    subscribe('keelson.client.hedge', (fact) => {
      if (fact.service === service) seriesOf(fact.dependency).hedges[fact.result].value++
    }),
    subscribe('keelson.breaker.changed', (fact) => {
      if (fact.service !== service) return
      const { states, changes } = breakerSeries(fact)
      for (const state of Object.values(states)) state.value = 0
      states[fact.to].value = 1
      changes[fact.to].value++
    }),
    subscribe('keelson.breaker.forced', (fact) => {
      if (fact.service !== service) return
      const { forced } = breakerSeries(fact)
      forced.open.value = fact.forced === 'open' ? 1 : 0
      forced.closed.value = fact.forced === 'closed' ? 1 : 0
    }),
    subscribe('keelson.endpoint.changed', (fact) => {
      if (fact.service !== service) return
      const { endpoints, ejections } = seriesOf(fact.dependency)
      endpoints.up.value = fact.upCount
      endpoints.ejected.value = fact.ejectedCount
      if (fact.reason !== undefined) ejections[fact.reason].value++
    }),
  ]
}

function recordNames({ service, families }: FactSource): readonly (() => void)[] {
  const queries = families.scalar('keelson_dns_queries_total')
  const durations = families.histogram('keelson_dns_query_duration_seconds').series()
  const answers = families.scalar('keelson_dns_answers_total')
  for (const result of Object.keys(dnsResults)) queries.series(result)
  for (const from of Object.keys(dnsSources)) answers.series(from)
  return [
    subscribe('keelson.dns.query', (fact) => {
      if (fact.service !== service) return
      queries.series(fact.result).value++
      durations.observe(fact.durationMs / 1_000)
    }),
    subscribe('keelson.dns.answer', (fact) => {
      if (fact.service === service) answers.series(fact.from).value++
    }),
  ]
}

/** The series of one dependency, found once. */
interface DependencySeries {
  readonly calls: Readonly<Record<ClientOutcome, ScalarSeries>>
  readonly callDurations: HistogramSeries
  readonly attempts: Readonly<Record<ClientOutcome, ScalarSeries>>
  readonly attemptDurations: HistogramSeries
  readonly retries: Readonly<Record<ClientRetry['result'], ScalarSeries>>
  readonly hedges: Readonly<Record<ClientHedge['result'], ScalarSeries>>
  readonly breaker: BreakerSeries
  readonly endpoints: Readonly<Record<'up' | 'ejected', ScalarSeries>>
  readonly ejections: Readonly<Record<EjectionReason, ScalarSeries>>
}

interface BreakerSeries {
  readonly states: Readonly<Record<BreakerState, ScalarSeries>>
  readonly changes: Readonly<Record<BreakerState, ScalarSeries>>
  readonly forced: Readonly<Record<'open' | 'closed', ScalarSeries>>
}

/** One series per word of a closed set. */
function startAtZero<Word extends string>(
  family: SeriesFamily<ScalarSeries>,
  dependency: string,
  words: Readonly<Record<Word, true>>,
): Readonly<Record<Word, ScalarSeries>> {
  const series = Object.keys(words).map((word) => [word, family.series(dependency, word)] as const)
  // The keys are exactly the words: they were just read from the record.
  return Object.fromEntries(series) as Record<Word, ScalarSeries>
}
