// What every service keeps to (DESIGN §3.3, §3.4, §3.7), whatever it is for: each example is asked.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startService, statusOf, type ServiceProcess } from '../e2e/service-process.ts'

describe.each([
  ['minimal', 'examples/minimal/src/main.ts'],
  ['catalog', 'examples/video/catalog/src/main.ts'],
  ['delivery', 'examples/video/delivery/src/main.ts'],
])('%s', (name, main) => {
  let service: ServiceProcess

  beforeAll(async () => {
    service = await startService({ main })
  })

  afterAll(() => service[Symbol.asyncDispose]())

  it.each(['/liveness', '/readiness', '/startup'])(
    'answers %s with 200 and JSON that nobody keeps',
    async (path) => {
      const answer = await fetch(`${service.opsUrl}${path}`)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('content-type')).toBe('application/json')
      expect(await answer.json()).toMatchObject({ status: 'up' })
    },
  )

  it('exposes its series, in both formats', async () => {
    const text = await fetch(`${service.opsUrl}/metrics`)
    expect(text.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(await text.text()).toContain(`service="${name}"`)
    const open = await fetch(`${service.opsUrl}/metrics`, {
      headers: { accept: 'application/openmetrics-text' },
    })
    expect(open.headers.get('content-type')).toMatch(/^application\/openmetrics-text/)
    expect(await open.text()).toMatch(/# EOF\n$/)
  })

  it('says what it is, and what it is configured to', async () => {
    expect(await (await fetch(`${service.opsUrl}/info`)).json()).toMatchObject({
      name,
      version: '0.0.0',
      node: process.version,
    })
    const config = await fetch(`${service.opsUrl}/config`)
    expect(config.status).toBe(200)
    expect(await config.text()).toContain('127.0.0.1')
  })

  it('keeps the operations endpoints off its own port', async () => {
    for (const path of ['/liveness', '/metrics', '/config'])
      expect(await statusOf(`${service.url}${path}`)).toBe(404)
  })

  it('answers an unknown route with a problem document that carries the request id', async () => {
    const answer = await fetch(`${service.url}/nothing`, { headers: { 'x-request-id': 'contract-1' } })
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(answer.headers.get('x-request-id')).toBe('contract-1')
    expect(await answer.json()).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      requestId: 'contract-1',
    })
  })

  it('shows its configuration to nobody in production', async () => {
    await using production = await startService({ main, env: { NODE_ENV: 'production' } })
    expect(await statusOf(`${production.opsUrl}/config`)).toBe(404)
    expect(await statusOf(`${production.opsUrl}/readiness`)).toBe(200)
  })
})
