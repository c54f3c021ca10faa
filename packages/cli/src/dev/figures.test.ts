import { describe, expect, it } from 'vitest'
import { parseExposition } from '../exposition/parse.ts'
import { figuresBetween, quantileMs, readScrape } from './figures.ts'

/** A page of metrics after some requests. */
function page(
  requests: number,
  errors: number,
  slow: number,
  cpuSeconds: number,
  isHeldClosed = false,
): string {
  const fast = requests + errors - slow
  return `# TYPE http_requests_total counter
http_requests_total{route="/a",status_code="200"} ${requests}
http_requests_total{route="/b",status_code="503"} ${errors}
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{route="/a",le="0.01"} ${fast}
http_request_duration_seconds_bucket{route="/a",le="0.1"} ${requests + errors}
http_request_duration_seconds_bucket{route="/a",le="+Inf"} ${requests + errors}
http_request_duration_seconds_sum{route="/a"} 1
http_request_duration_seconds_count{route="/a"} ${requests + errors}
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total ${cpuSeconds}
# TYPE nodejs_eventloop_lag_p99_seconds gauge
nodejs_eventloop_lag_p99_seconds 0.012
# TYPE keelson_heap_old_generation_used_bytes gauge
keelson_heap_old_generation_used_bytes 1000
# TYPE keelson_breaker_state gauge
keelson_breaker_state{dependency="catalog",state="closed"} 0
keelson_breaker_state{dependency="catalog",state="open"} 1
# TYPE keelson_breaker_forced gauge
keelson_breaker_forced{dependency="catalog",to="open"} 0
keelson_breaker_forced{dependency="catalog",to="closed"} ${isHeldClosed ? 1 : 0}
# TYPE keelson_client_calls_total counter
keelson_client_calls_total{dependency="catalog",outcome="success"} ${requests}
keelson_client_calls_total{dependency="catalog",outcome="failure"} ${errors}
`
}

const scrape = (atMs: number, ...counts: Parameters<typeof page>) =>
  readScrape(parseExposition(page(...counts)), atMs)

describe('figuresBetween', () => {
  it('makes rates, errors and latency of what came between two scrapes', () => {
    const figures = figuresBetween(scrape(0, 100, 0, 0, 1), scrape(2_000, 115, 5, 10, 2))
    expect(figures).toMatchObject({
      requestsPerSecond: 10,
      errorRatio: 0.25,
      cpu: 0.5,
      lagMs: 12,
      heapBytes: 1000,
      dependencies: [
        { name: 'catalog', breaker: 'open', forced: null, callsPerSecond: 10, failureRatio: 0.25 },
      ],
    })
    expect(figures.p50Ms).toBeCloseTo(10)
    expect(figures.p99Ms).toBeGreaterThan(90)
  })

  it('has no rates at the first scrape, and no latency without requests', () => {
    expect(figuresBetween(undefined, scrape(0, 100, 5, 0, 1))).toMatchObject({
      requestsPerSecond: 0,
      p50Ms: null,
    })
    const idle = figuresBetween(scrape(0, 100, 0, 0, 1), scrape(2_000, 100, 0, 0, 1))
    expect(idle).toMatchObject({ requestsPerSecond: 0, errorRatio: 0, p99Ms: null })
  })

  it('tells who decides in place of a breaker', () => {
    const held = figuresBetween(undefined, scrape(0, 1, 0, 0, 1, true))
    expect(held.dependencies).toMatchObject([{ name: 'catalog', forced: 'closed' }])
  })

  it('counts from nothing when the process is another one', () => {
    const figures = figuresBetween(scrape(0, 1_000, 0, 0, 9), scrape(2_000, 10, 0, 0, 1))
    expect(figures.requestsPerSecond).toBe(5)
  })
})

describe('quantileMs', () => {
  it('gives the highest bound for what lies above it', () => {
    expect(
      quantileMs(
        [
          [0.1, 1],
          [Infinity, 10],
        ],
        0.99,
      ),
    ).toBe(100)
  })
})
