import type { Clock } from '@keelson/core/clock'
import type { Families } from './families.ts'
import { escapeLabelValue } from './exposition.ts'
import { HistogramSeries, type HistogramShape, histogramShape } from './histogram-series.ts'
import type { PageWriter } from './page-writer.ts'
import { ScalarSeries } from './scalar-series.ts'
import { overflowLabel, type RenderedSeries, type SeriesCap } from './series-family.ts'

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
   */
  record(statusCode: number, durationSeconds: number, traceId?: string): void
}

/** The series of inbound requests: `http_requests_total`, `http_request_duration_seconds`, `http_requests_in_flight`. */
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
 * @param exemplarClock switches exemplars on
 */
export function createRequestSeries(
  families: Families,
  cap: SeriesCap,
  exemplarClock?: Clock,
): RequestMetrics {
  const duration = families.histogram('http_request_duration_seconds').definition
  const total = families.scalar('http_requests_total').definition
  const inFlight = families.scalar('http_requests_in_flight').series()
  const shape = histogramShape(duration.name, duration.buckets ?? [], exemplarClock)
  const byRoute = new Map<string, Map<string, RouteSeries>>()
  const all: RouteSeries[] = []
  let overflow: RouteRecorder | undefined

  const durations: RenderedSeries[] = []
  families.put({ definition: duration, all: () => durations })
  families.put({ definition: total, all: () => all })

  function add(method: string, route: string): RouteSeries {
    const series = new RouteSeries(shape, total.name, method, route)
    const ofRoute = byRoute.get(route) ?? new Map<string, RouteSeries>()
    byRoute.set(route, ofRoute.set(method, series))
    all.push(series)
    durations.push(series.durations)
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

/** What one method and route has counted. */
class RouteSeries implements RouteRecorder, RenderedSeries {
  /** What stands under the header of the durations; the object itself writes the counts. */
  readonly durations: RenderedSeries = { write: (page) => this.#writeDurations(page) }
  readonly #shape: HistogramShape
  readonly #totalName: string
  readonly #labels: string
  readonly #classes: (StatusClassSeries | undefined)[] = statusClasses.map(() => undefined)

  constructor(shape: HistogramShape, totalName: string, method: string, route: string) {
    this.#shape = shape
    this.#totalName = totalName
    this.#labels = `method="${escapeLabelValue(method)}",route="${escapeLabelValue(route)}"`
    for (const code of codesFromStart) this.#classOf(code).startAtZero(code)
  }

  record(statusCode: number, durationSeconds: number, traceId?: string): void {
    this.#classOf(statusCode).record(statusCode, durationSeconds, traceId)
  }

  write(page: PageWriter): void {
    for (const series of this.#classes) series?.writeCounts(page)
  }

  #writeDurations(page: PageWriter): void {
    for (const series of this.#classes) series?.writeDurations(page)
  }

  #classOf(statusCode: number): StatusClassSeries {
    const index = statusCode >= 100 && statusCode < 600 ? Math.trunc(statusCode / 100) - 1 : outsideClass
    return this.#classes[index] ?? this.#addClass(index)
  }

  #addClass(index: number): StatusClassSeries {
    const statusClass = statusClasses[index] ?? overflowLabel
    const series = new StatusClassSeries(this.#shape, this.#totalName, this.#labels, statusClass)
    this.#classes[index] = series
    return series
  }
}

/** One status class of a route: a duration histogram, and a counter per status code that was seen. */
class StatusClassSeries {
  readonly #totalName: string
  readonly #labels: string
  readonly #outside: boolean
  readonly #durations: HistogramSeries
  readonly #codes: (ScalarSeries | undefined)[] = []
  #observed = false

  constructor(shape: HistogramShape, totalName: string, labels: string, statusClass: string) {
    this.#totalName = totalName
    this.#labels = labels
    this.#outside = statusClass === overflowLabel
    this.#durations = new HistogramSeries(shape, `${labels},status_class="${statusClass}"`)
  }

  startAtZero(statusCode: number): void {
    this.#countOf(statusCode)
  }

  record(statusCode: number, durationSeconds: number, traceId: string | undefined): void {
    this.#observed = true
    this.#countOf(statusCode).value++
    this.#durations.observe(durationSeconds, traceId)
  }

  writeCounts(page: PageWriter): void {
    for (const series of this.#codes) series?.write(page)
  }

  writeDurations(page: PageWriter): void {
    if (this.#observed) this.#durations.write(page)
  }

  #countOf(statusCode: number): ScalarSeries {
    const index = this.#outside ? 0 : Math.trunc(statusCode) % 100
    return (
      this.#codes[index] ??
      this.#addCode(index, this.#outside ? overflowLabel : String(Math.trunc(statusCode)))
    )
  }

  #addCode(index: number, code: string): ScalarSeries {
    const series = new ScalarSeries(this.#totalName, `${this.#labels},status_code="${code}"`)
    this.#codes[index] = series
    return series
  }
}

function countingOverflow(series: RouteRecorder, count: () => void): RouteRecorder {
  return {
    record(statusCode, durationSeconds, traceId) {
      count()
      series.record(statusCode, durationSeconds, traceId)
    },
  }
}
