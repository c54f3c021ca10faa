import { afterEach, describe, expect, it } from 'vitest'
import { closeServed, serve } from './served-app.ts'

afterEach(closeServed)

/** Of callers in the same process all at once, some would be refused where the machine is busy. */
const withoutBound = { admission: { backlogMs: 0 } }

describe('the series of requests', () => {
  it('do not grow with 10,000 random paths and parameters', async () => {
    const { url, page } = await serve((app) => {
      app.get('/videos/:id', async (request) => request.params)
    }, withoutBound)
    await fetch(`${url}/videos/1`)
    await fetch(`${url}/nothing`)
    const seriesOf = async () => (await page()).match(/^http_\w+\{/gm)?.length
    const before = await seriesOf()
    for (let batch = 0; batch < 100; batch++) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const random = `${batch}-${index}-${Math.random()}`
          const answer = await fetch(`${url}/${index % 2 === 0 ? 'videos/' : ''}${random}?q=${random}`)
          await answer.arrayBuffer()
        }),
      )
    }
    expect(await seriesOf()).toBe(before)
    const counted = async (route: string, code: number) => {
      const line = `http_requests_total{method="GET",route="${route}",status_code="${code}"} `
      const found = (await page()).split('\n').find((one) => one.startsWith(line))
      return Number(found?.slice(line.length))
    }
    await expect.poll(() => counted('/videos/:id', 200)).toBe(5_001)
    await expect.poll(() => counted('unmatched', 404)).toBe(5_001)
    // A bound for hangs: 10,000 requests from this very process.
  }, 60_000)

  it('tell the sizes of bodies, of requests as announced', async () => {
    const { url, page } = await serve((app) => {
      app.post('/videos', async () => ({ taken: true }))
      app.get('/stream', (_request, reply) => {
        reply.hijack()
        reply.raw.write('of unknown ')
        reply.raw.end('size')
      })
    }, withoutBound)
    const body = JSON.stringify({ title: 'x'.repeat(1_000) })
    const answer = await fetch(`${url}/videos`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    const { length } = await answer.text()
    await (await fetch(`${url}/stream`)).text()
    await expect
      .poll(async () => (await page()).match(/^http_(?:request|response)_size_bytes_(?:sum|count).*$/gm))
      .toEqual([
        'http_request_size_bytes_count{method="POST",route="/videos"} 1',
        `http_request_size_bytes_sum{method="POST",route="/videos"} ${body.length}`,
        'http_response_size_bytes_count{method="POST",route="/videos"} 1',
        `http_response_size_bytes_sum{method="POST",route="/videos"} ${length}`,
      ])
  })
})
