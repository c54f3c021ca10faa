import { describe, expect, test } from 'vitest'
import { createFamilies } from './families.ts'
import { PageWriter } from './page-writer.ts'
import { createRequestSeries } from './request-series.ts'

function setup(maxSeries = 1_000) {
  const overflowed: string[] = []
  const cap = { maxSeries, onOverflow: (metric: string) => overflowed.push(metric) }
  const families = createFamilies(cap)
  const requests = createRequestSeries(families, cap)
  const lines = async (start: string) => {
    const page = new PageWriter('text')
    await families.write(page, new Set(), () => undefined)
    return page
      .toString()
      .split('\n')
      .filter((line) => line.startsWith(start))
  }
  return { requests, lines, overflowed }
}

describe('createRequestSeries', () => {
  test('counts a request by method, route and status', async () => {
    const { requests, lines } = setup()
    const videos = requests.route('GET', '/videos/:id')
    videos.record(200, 0.03125)
    videos.record(200, 0.25)
    videos.record(404, 20)
    expect(await lines('http_requests_total{method="GET",route="/videos/:id",status_code="200"}')).toEqual([
      'http_requests_total{method="GET",route="/videos/:id",status_code="200"} 2',
    ])
    expect(
      (await lines('http_requests_total{method="GET",route="/videos/:id",status_code="404"}'))[0],
    ).toMatch(/ 1$/)
    const labels = 'method="GET",route="/videos/:id"'
    expect(
      (await lines(`http_request_duration_seconds_bucket{${labels},status_class="2xx",le="0.05"}`))[0],
    ).toMatch(/ 1$/)
    expect((await lines(`http_request_duration_seconds_sum{${labels},status_class="2xx"}`))[0]).toMatch(
      / 0\.28125$/,
    )
    expect(
      (await lines(`http_request_duration_seconds_bucket{${labels},status_class="4xx",le="10.0"}`))[0],
    ).toMatch(/ 0$/)
    expect(
      (await lines(`http_request_duration_seconds_bucket{${labels},status_class="4xx",le="+Inf"}`))[0],
    ).toMatch(/ 1$/)
  })

  test('shows what alerts watch at 0 as soon as the route is known', async () => {
    const { requests, lines } = setup()
    requests.route('GET', '/videos/:id')
    const codes = (await lines('http_requests_total')).map(
      (line) => /status_code="(\d+)"} 0$/.exec(line)?.[1],
    )
    expect(codes).toEqual(['200', '500', '502', '503', '504'])
    expect(await lines('http_request_duration_seconds')).toEqual([])
  })

  test('gives the same recorder for the same method and route', async () => {
    const { requests } = setup()
    expect(requests.route('GET', '/a')).toBe(requests.route('GET', '/a'))
    expect(requests.route('GET', '/a')).not.toBe(requests.route('POST', '/a'))
  })

  test('adds no series for 10,000 paths that no route matches', async () => {
    const { requests, lines } = setup()
    requests.route('GET', undefined).record(404, 0.001)
    const before = (await lines('http_')).length
    for (let i = 0; i < 10_000; i++) requests.route('GET', undefined).record(404, 0.001)
    expect(await lines('http_')).toHaveLength(before)
    expect((await lines('http_requests_total{method="GET",route="unmatched",status_code="404"}'))[0]).toMatch(
      / 10001$/,
    )
  })

  test('counts every unknown method as other', async () => {
    const { requests, lines } = setup()
    for (const method of ['BREW', 'get', 'PROPFIND', '__proto__'])
      requests.route(method, undefined).record(404, 0)
    expect(
      (await lines('http_requests_total{method="other",route="unmatched",status_code="404"}'))[0],
    ).toMatch(/ 4$/)
    expect((await lines('http_requests_total{')).every((line) => line.includes('method="other"'))).toBe(true)
  })

  test('counts a status outside of 100 to 599 as other', async () => {
    const { requests, lines } = setup()
    for (const status of [0, 99, 600, -1, Number.NaN, 100, 599.5])
      requests.route('GET', '/a').record(status, 0)
    expect((await lines('http_requests_total{method="GET",route="/a",status_code="other"}'))[0]).toMatch(
      / 5$/,
    )
    expect((await lines('http_requests_total{method="GET",route="/a",status_code="100"}'))[0]).toMatch(/ 1$/)
    expect((await lines('http_requests_total{method="GET",route="/a",status_code="599"}'))[0]).toMatch(/ 1$/)
  })

  test('counts the requests of routes beyond the cap under other, every one of them', async () => {
    const { requests, lines, overflowed } = setup(100)
    for (let route = 0; route < 300; route++) {
      const recorder = requests.route('GET', `/raw/${route}`)
      recorder.record(200, 0)
      recorder.record(500, 0)
    }
    expect((await lines('http_requests_total{method="other",route="other",status_code="200"}'))[0]).toMatch(
      / 201$/,
    )
    expect(overflowed).toHaveLength(402)
    expect(
      new Set((await lines('http_requests_total')).map((line) => /route="([^"]+)"/.exec(line)?.[1])).size,
    ).toBe(100)
  })

  test('finds room for requests that no route matches when the cap is reached', async () => {
    const { requests, lines } = setup(100)
    for (let route = 0; route < 200; route++) requests.route('GET', `/raw/${route}`)
    requests.route('GET', undefined).record(404, 0)
    expect((await lines('http_requests_total{method="GET",route="unmatched",status_code="404"}'))[0]).toMatch(
      / 1$/,
    )
  })

  test('counts the sizes of bodies where there are any', async () => {
    const { requests, lines } = setup()
    const upload = requests.route('POST', '/videos')
    upload.record(201, 0.1, undefined, 5_000, 0)
    upload.record(201, 0.1, undefined, 50, 300)
    requests.route('HEAD', '/videos').record(200, 0.1, undefined, 0, 300)
    const labels = 'method="POST",route="/videos"'
    expect(await lines('http_request_size_bytes_')).toEqual([
      `http_request_size_bytes_bucket{${labels},le="100.0"} 1`,
      `http_request_size_bytes_bucket{${labels},le="1000.0"} 1`,
      `http_request_size_bytes_bucket{${labels},le="10000.0"} 2`,
      `http_request_size_bytes_bucket{${labels},le="100000.0"} 2`,
      `http_request_size_bytes_bucket{${labels},le="1000000.0"} 2`,
      `http_request_size_bytes_bucket{${labels},le="10000000.0"} 2`,
      `http_request_size_bytes_bucket{${labels},le="+Inf"} 2`,
      `http_request_size_bytes_count{${labels}} 2`,
      `http_request_size_bytes_sum{${labels}} 5050`,
    ])
    expect(await lines('http_response_size_bytes_count')).toEqual([
      `http_response_size_bytes_count{${labels}} 1`,
    ])
  })

  test('shows a status code from the scrape after its first request on', async () => {
    const { requests, lines } = setup()
    const videos = requests.route('GET', '/videos')
    expect(await lines('http_requests_total')).toHaveLength(5)
    videos.record(404, 0)
    expect(await lines('http_requests_total')).toHaveLength(6)
    videos.record(404, 0)
    expect((await lines('http_requests_total')).filter((line) => / [1-9]/.test(line))).toEqual([
      'http_requests_total{method="GET",route="/videos",status_code="404"} 2',
    ])
  })

  test('follows the requests in flight', async () => {
    const { requests, lines } = setup()
    requests.inFlight.inc()
    requests.inFlight.inc()
    requests.inFlight.dec()
    expect(requests.inFlight.value).toBe(1)
    expect(await lines('http_requests_in_flight')).toEqual(['http_requests_in_flight 1'])
  })

  test('escapes what a route template holds', async () => {
    const { requests, lines } = setup()
    requests.route('GET', '/a"b\\c\nd')
    expect((await lines('http_requests_total'))[0]).toContain('route="/a\\"b\\\\c\\nd"')
  })
})
