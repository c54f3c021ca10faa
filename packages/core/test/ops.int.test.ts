import { afterEach, describe, expect, it } from 'vitest'
import { createHealth, type Health } from '@keelson/core/health'
import { startOpsServer, type OpsOptions, type OpsServer } from '@keelson/core/ops'

let server: OpsServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

async function start(options: Partial<OpsOptions> = {}): Promise<{ health: Health; url: string }> {
  const health = createHealth({ service: 'ops-test' })
  server = await startOpsServer({ host: '127.0.0.1', port: 0, health, ...options })
  return { health, url: `http://127.0.0.1:${server.port}` }
}

describe('startOpsServer', () => {
  it('answers the three probes by the state of the service', async () => {
    const { health, url } = await start()
    const statuses = async () =>
      Promise.all(
        ['liveness', 'readiness', 'startup'].map(async (probe) => (await fetch(`${url}/${probe}`)).status),
      )
    expect(await statuses()).toEqual([200, 503, 503])
    health.markStarted()
    expect(await statuses()).toEqual([200, 200, 200])
    health.drain()
    expect(await statuses()).toEqual([200, 503, 200])
  })

  it('says which check is down, not why, in JSON that no cache keeps', async () => {
    const { health, url } = await start()
    health.markStarted()
    health.check('disk', () => Promise.reject(new Error('secret path')), { critical: true })
    await health.start()
    const response = await fetch(`${url}/readiness?verbose=1`)
    expect(response.status).toBe(503)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({ status: 'down', reasons: ['check disk'] })
    await health.close()
  })

  it('answers HEAD without a body, refuses other methods, knows no other path', async () => {
    const { url } = await start()
    const head = await fetch(`${url}/liveness`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const post = await fetch(`${url}/liveness`, { method: 'POST' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    for (const path of ['/', '/metrics', '/config', '/info', '/liveness/x', '/LIVENESS']) {
      const response = await fetch(url + path)
      expect([path, response.status]).toEqual([path, 404])
    }
  })

  it('compresses a page of metrics for whoever takes gzip', async () => {
    const page = 'keelson_ready 1\n'.repeat(1_000)
    const { url } = await start({ metrics: async () => ({ contentType: 'text/plain', body: page }) })
    for (const [coding, expected] of [
      ['gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const answer = await fetch(`${url}/metrics`, { headers: { 'accept-encoding': coding } })
      expect([answer.headers.get('content-encoding'), answer.headers.get('vary')]).toEqual([
        expected,
        'accept, accept-encoding',
      ])
      const length = Number(answer.headers.get('content-length'))
      expect(length < page.length / 10).toBe(expected === 'gzip')
      expect(await answer.text()).toBe(page)
    }
  })

  it('serves metrics with the type that was asked for, and facts', async () => {
    const { url } = await start({
      metrics: async (accept) => ({
        contentType: accept === 'x/y' ? 'x/y' : 'text/plain; version=0.0.4',
        body: 'up 1\n',
      }),
      info: () => ({ name: 'ops-test' }),
      config: () => ({ port: 1 }),
    })
    const metrics = await fetch(`${url}/metrics`, { headers: { accept: 'x/y' } })
    expect([metrics.headers.get('content-type'), await metrics.text()]).toEqual(['x/y', 'up 1\n'])
    expect(await (await fetch(`${url}/info`)).json()).toEqual({ name: 'ops-test' })
    expect(await (await fetch(`${url}/config`)).json()).toEqual({ port: 1 })
  })

  it('answers 500 without details when a page fails', async () => {
    const { url } = await start({ metrics: () => Promise.reject(new Error('stack inside')) })
    const response = await fetch(`${url}/metrics`)
    expect([response.status, await response.text()]).toEqual([
      500,
      '{"type":"about:blank","title":"Internal Server Error","status":500}',
    ])
  })

  it('names OPS_PORT when its port is taken', async () => {
    await start()
    await expect(
      startOpsServer({
        host: '127.0.0.1',
        port: server?.port ?? 0,
        health: createHealth({ service: 'ops-test' }),
      }),
    ).rejects.toThrow(expect.objectContaining({ message: expect.stringContaining('OPS_PORT') }))
  })
})
