import * as client from '@prometheus-io/client'
import { createMetrics, type Metrics, type RouteRecorder } from '@keelson/metrics'

/** Upper bounds of the histogram of durations, the same on both sides. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What a route has besides its requests that went well. */
const failureCodes = [500, 502, 503, 504] as const

/** The same request series in two registries. */
export interface SeriesPair {
  readonly ours: Metrics
  readonly theirs: client.Registry
  readonly recorders: readonly RouteRecorder[]
  /** Records one request in the client library, as a careful user of it would: by labels. */
  recordTheirs(route: number, seconds: number): void
  /** One request of every route in one of the two, so that its next scrape has something new to write everywhere. */
  readonly traffic: { readonly ours: () => void; readonly theirs: () => void }
  close(): Promise<void>
}

/** Makes so many routes with their series in both registries: 19 lines each. */
export function createSeriesPair(routeCount: number): SeriesPair {
  const ours = createMetrics({ service: 'bench', runtime: false, maxSeriesPerMetric: routeCount + 100 })
  const theirs = new client.Registry()
  const durations = new client.Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status_class'],
    buckets,
    registers: [theirs],
  })
  const total = new client.Counter({
    name: 'http_requests_total',
    help: 'Requests that ended, by the status of their answer.',
    labelNames: ['method', 'route', 'status_code'],
    registers: [theirs],
  })
  const recorders = Array.from({ length: routeCount }, (_, route) =>
    ours.requests.route('GET', routeName(route)),
  )
  let turn = 0

  function recordTheirs(route: number, seconds: number): void {
    durations.observe({ method: 'GET', route: routeName(route), status_class: '2xx' }, seconds)
    total.inc({ method: 'GET', route: routeName(route), status_code: '200' })
  }
  for (let route = 0; route < routeCount; route++) {
    for (const code of failureCodes) {
      total.inc({ method: 'GET', route: routeName(route), status_code: String(code) }, 0)
    }
  }
  return {
    ours,
    theirs,
    recorders,
    recordTheirs,
    traffic: {
      ours() {
        turn++
        for (const [route, recorder] of recorders.entries()) {
          recorder.record(200, 0.01 * ((route * 7 + turn) % 50))
        }
      },
      theirs() {
        turn++
        for (const route of recorders.keys()) recordTheirs(route, 0.01 * ((route * 7 + turn) % 50))
      },
    },
    close: () => ours.close(),
  }
}

function routeName(route: number): string {
  return `/videos/${route}`
}
