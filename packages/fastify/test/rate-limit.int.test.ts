import { type AdmissionShed, subscribe } from '@keelson/core/channels'
import { installKeelson, installRateLimit, type RateLimitOptions } from '@keelson/fastify'
import Fastify from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'

const opened: (() => unknown)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
})

async function serve(options: Partial<RateLimitOptions> = {}) {
  const shed: AdmissionShed[] = []
  const app = Fastify()
  opened.push(
    () => app.close(),
    subscribe('keelson.admission.shed', (fact) => void shed.push(fact)),
  )
  installKeelson(app, { service: 'limited' })
  await installRateLimit(app, { service: 'limited', maxRequests: 2, ...options })
  app.get('/videos', async () => 'ok')
  app.get('/probe', { config: { keelson: { exempt: true } } }, async () => 'ok')
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const ask = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers })
  return { ask, shed }
}

async function statuses(answers: readonly Promise<Response>[]): Promise<readonly number[]> {
  return (await Promise.all(answers)).map(({ status }) => status)
}

function missing(): Promise<never> {
  return Promise.reject(new Error('Cannot find package'))
}

describe('installRateLimit', () => {
  it('answers 429 as a problem document with the id and a time to come back, and tells of it', async () => {
    const { ask, shed } = await serve()
    expect(await statuses([ask('/videos'), ask('/videos')])).toEqual([200, 200])
    const refused = await ask('/videos', { 'x-request-id': 'one-too-many', 'x-criticality': 'critical' })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('content-type')).toContain('application/problem+json')
    expect(refused.headers.get('x-request-id')).toBe('one-too-many')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await refused.json()).toMatchObject({
      status: 429,
      code: 'KEELSON_ADMISSION_RATE_EXCEEDED',
      requestId: 'one-too-many',
    })
    expect(shed).toEqual([{ service: 'limited', reason: 'rate', criticality: 'critical' }])
  })

  it('never limits what is exempt', async () => {
    const { ask } = await serve()
    expect(await statuses(Array.from({ length: 6 }, () => ask('/probe')))).toEqual([
      200, 200, 200, 200, 200, 200,
    ])
  })

  it('counts each service for itself, behind whatever address, where it is believed', async () => {
    const { ask } = await serve()
    for (const client of ['shop', 'search']) {
      const headers = { 'x-client': client }
      expect(await statuses([ask('/videos', headers), ask('/videos', headers)])).toEqual([200, 200])
      expect((await ask('/videos', headers)).status).toBe(429)
    }
    // Not the name of a service: counted by its address.
    expect((await ask('/videos', { 'x-client': 'a b' })).status).toBe(200)
  })

  it('counts by the address where the name is not believed', async () => {
    const { ask } = await serve({ trusted: [] })
    const answers = ['a', 'b', 'c', 'd'].map((client) => ask('/videos', { 'x-client': client }))
    expect((await statuses(answers)).toSorted((one, other) => one - other)).toEqual([200, 200, 429, 429])
  })

  it('says what to install when the package is missing', async () => {
    const app = Fastify()
    opened.push(() => app.close())
    await expect(
      installRateLimit(app, { service: 'limited', maxRequests: 2 }, missing),
    ).rejects.toMatchObject({
      code: 'KEELSON_ADMISSION_RATE_LIMIT_MISSING',
      message: expect.stringContaining('npm install @fastify/rate-limit') as unknown,
    })
  })

  it.each([{ maxRequests: 0 }, { windowMs: 1 }, { limit: 3 }])('refuses the options %j', async (options) => {
    await expect(serve(options as object)).rejects.toMatchObject({
      code: 'KEELSON_ADMISSION_OPTIONS_INVALID',
    })
  })
})
