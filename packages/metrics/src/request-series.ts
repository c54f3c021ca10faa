import type { HistogramName } from './catalogue.ts'
import type { Families } from './families.ts'
import { escapeLabelValue } from './exposition.ts'
import type { ExemplarSwitch } from './exemplars.ts'
import { HistogramSeries, type HistogramShape, histogramShape } from './histogram-series.ts'
import { type Count, RouteCounts } from './route-counts.ts'
import { overflowLabel, type SeriesCap } from './series-family.ts'

/** Value of the label `route` of every request that no route matched. */
export const unmatchedRoute = 'unmatched'

/** Counts the requests of one method and route. */
export interface RouteRecorder {
  /**
   * Counts one request that has ended. Allocates nothing after the first request of a status code; never throws.
   *
   * @param statusCode status of the answer; outside of 100–599 it is counted as `other`
   * @param durationSeconds from arrival to the end of the answer
   * @param traceId for the exemplar of its bucket, where exemplars are switched on; its time is a read of the clock, and a number
   * @param requestBytes size of the body of the request; 0, also for one of unknown size, is no body and not counted
   * @param responseBytes size of the body of the answer, likewise
   */
  record(
    statusCode: number,
    durationSeconds: number,
    traceId?: string,
    requestBytes?: number,
    responseBytes?: number,
  ): void
}

/**
 * The series of inbound requests: `http_requests_total`, `http_request_duration_seconds`, `http_request_size_bytes`,
 * `http_response_size_bytes`, `http_requests_in_flight`.
 */
export interface RequestMetrics {
  /**
   * The recorder of a method and route; the same object every time. Meant to be fetched once per route and kept.
   *
   * @param method in capitals; a method outside of RFC 9110 and PATCH is counted as `other`
   * @param routeTemplate template of the route (`/videos/:id`), never the path that was asked for; `undefined` when no
   * route matched, which is counted under the route `unmatched`
   */
  route(method: string, routeTemplate: string | undefined): RouteRecorder
  /** Requests that are being handled now. */
  readonly inFlight: { inc(): void; dec(): void; readonly value: number }
}

/** RFC 9110 §9.3 and RFC 5789; anybody can send any other word, so it gets no series of its own. */
const methods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'TRACE',
])

/**
 * Status codes that exist at 0 as soon as the route does: what the chassis itself answers when something is wrong, so
 * that an alert on their increase sees the first one, and 200 to be the whole that they are a share of.
 */
const codesFromStart = [200, 500, 502, 503, 504] as const

const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx', overflowLabel] as const
const outsideClass = statusClasses.length - 1

/**
 * Makes the request series and gives them their place in the exposition.
 *
 * @param exemplars whether durations keep the ids of traces
 */
export function createRequestSeries(
  families: Families,
  cap: SeriesCap,
  exemplars?: ExemplarSwitch,
): RequestMetrics {
  const total = families.scalar('http_requests_total').definition
  const inFlight = families.scalar('http_requests_in_flight').series()
  const byRoute = new Map<string, Map<string, RouteSeries>>()
  const all: RouteSeries[] = []
  let overflow: RouteRecorder | undefined

  const shown = {
    durations: histogramOf('http_request_duration_seconds', exemplars),
    requestSizes: histogramOf('http_request_size_bytes'),
    responseSizes: histogramOf('http_response_size_bytes'),
  }
  families.put({ definition: total, all: () => all.map(({ counts }) => counts) })

  function histogramOf(name: HistogramName, switched?: ExemplarSwitch): ShownHistogram {
    const { definition } = families.histogram(name)
    const series: HistogramSeries[] = []
    families.put({ definition, all: () => series })
    return { shape: histogramShape(name, definition.buckets ?? [], switched), series }
  }

  function add(method: string, route: string): RouteSeries {
    const series = new RouteSeries(shown, total.name, method, route)
    const ofRoute = byRoute.get(route) ?? new Map<string, RouteSeries>()
    byRoute.set(route, ofRoute.set(method, series))
    all.push(series)
    return series
  }
  return {
    route(method, routeTemplate = unmatchedRoute) {
      const knownMethod = methods.has(method) ? method : overflowLabel
      const known = byRoute.get(routeTemplate)?.get(knownMethod)
      if (known !== undefined) return known
      // The `unmatched` route has its places whatever the cap: ten at most, and everybody's scanner asks for them.
      if (routeTemplate === unmatchedRoute || all.length < cap.maxSeries - 1) {
        return add(knownMethod, routeTemplate)
      }
      overflow ??= countingOverflow(add(overflowLabel, overflowLabel), () => cap.onOverflow(total.name))
      return overflow
    },
    inFlight: {
      inc() {
        inFlight.value++
      },
      dec() {
        inFlight.value--
      },
      get value() {
        return inFlight.value
      },
    },
  }
}

/** A histogram of requests and those of its series that have seen a value. */
interface ShownHistogram {
  readonly shape: HistogramShape
  readonly series: HistogramSeries[]
}

/** The histograms that a route records into. */
interface ShownHistograms {
  readonly durations: ShownHistogram
  readonly requestSizes: ShownHistogram
  readonly responseSizes: ShownHistogram
}

/** What one method and route has counted. */
class RouteSeries implements RouteRecorder {
  readonly counts: RouteCounts
  readonly #shown: ShownHistograms
  readonly #labels: string
  readonly #answersWithBody: boolean
  readonly #classes: (StatusClassSeries | undefined)[] = statusClasses.map(() => undefined)
  #requestSizes: HistogramSeries | undefined
  #responseSizes: HistogramSeries | undefined

  constructor(shown: ShownHistograms, totalName: string, method: string, route: string) {
    this.#shown = shown
    this.#answersWithBody = method !== 'HEAD'
    this.#labels = `method="${escapeLabelValue(method)}",route="${escapeLabelValue(route)}"`
    this.counts = new RouteCounts(totalName, this.#labels)
    for (const code of codesFromStart) this.#classOf(code).startAtZero(code)
  }

  record(
    statusCode: number,
    durationSeconds: number,
    traceId?: string,
    requestBytes: number = 0,
    responseBytes: number = 0,
  ): void {
    this.#classOf(statusCode).record(statusCode, durationSeconds, traceId)
    if (requestBytes > 0) {
      this.#requestSizes ??= seriesOf(this.#shown.requestSizes, this.#labels)
      this.#requestSizes.observe(requestBytes)
    }
    // The answer to HEAD announces a body that it does not have.
    if (responseBytes > 0 && this.#answersWithBody) {
      this.#responseSizes ??= seriesOf(this.#shown.responseSizes, this.#labels)
      this.#responseSizes.observe(responseBytes)
    }
  }

  #classOf(statusCode: number): StatusClassSeries {
    const index = statusCode >= 100 && statusCode < 600 ? Math.trunc(statusCode / 100) - 1 : outsideClass
    return this.#classes[index] ?? this.#addClass(index)
  }

  #addClass(index: number): StatusClassSeries {
    const statusClass = statusClasses[index] ?? overflowLabel
    const series = new StatusClassSeries(this.counts, this.#shown.durations, this.#labels, statusClass)
    this.#classes[index] = series
    return series
  }
}

/** One status class of a route: a duration histogram, and a counter per status code that was seen. */
class StatusClassSeries {
  readonly #counts: RouteCounts
  readonly #shown: ShownHistogram
  readonly #labels: string
  readonly #outside: boolean
  readonly #codes: (Count | undefined)[] = []
  #durations: HistogramSeries | undefined

  constructor(counts: RouteCounts, shown: ShownHistogram, labels: string, statusClass: string) {
    this.#counts = counts
    this.#shown = shown
    this.#labels = `${labels},status_class="${statusClass}"`
    this.#outside = statusClass === overflowLabel
  }

  startAtZero(statusCode: number): void {
    this.#countOf(statusCode)
  }

  record(statusCode: number, durationSeconds: number, traceId: string | undefined): void {
    this.#countOf(statusCode).value++
    this.#durations ??= seriesOf(this.#shown, this.#labels)
    this.#durations.observe(durationSeconds, traceId)
  }

  #countOf(statusCode: number): Count {
    const index = this.#outside ? 0 : Math.trunc(statusCode) % 100
    return (
      this.#codes[index] ??
      (this.#codes[index] = this.#counts.add(this.#outside ? overflowLabel : String(Math.trunc(statusCode))))
    )
  }
}

/** A series that is shown from now on: made with its first value. */
function seriesOf({ shape, series }: ShownHistogram, labels: string): HistogramSeries {
  const made = new HistogramSeries(shape, labels)
  series.push(made)
  return made
}

function countingOverflow(series: RouteRecorder, count: () => void): RouteRecorder {
  return {
    record(statusCode, durationSeconds, traceId, requestBytes, responseBytes) {
      count()
      series.record(statusCode, durationSeconds, traceId, requestBytes, responseBytes)
    },
  }
}
