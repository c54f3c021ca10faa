import { inspect } from 'node:util'
import { type DependencyDeclared, subscribe } from '@keelson/core/channels'
import { describe, expect, it } from 'vitest'
import type { HttpClientOptions } from './client-options.ts'
import { createHttpClient } from './client.ts'

const base = { service: 'delivery', dependency: 'catalog', target: 'http://catalog:8080' }

describe('createHttpClient', () => {
  it('declares the dependency once', async () => {
    const declared: DependencyDeclared[] = []
    const end = subscribe('keelson.dependency.declared', (fact) => declared.push(fact))
    const client = createHttpClient(base)
    end()
    expect(declared).toEqual([{ service: 'delivery', dependency: 'catalog' }])
    await client.close()
  })

  it('has a state before the first call', async () => {
    const client = createHttpClient(base)
    expect(client.state()).toEqual({
      target: 'http://catalog:8080',
      breaker: 'closed',
      admittedRatio: 1,
      forced: undefined,
      groups: {},
      inFlight: 0,
      queued: 0,
      retryTokens: 10,
      connections: { connected: 0, free: 0, pending: 0 },
      endpoints: [],
    })
    await client.close()
  })

  it('refuses calls once closed', async () => {
    const client = createHttpClient(base)
    await client.close()
    await expect(client.get('/videos')).rejects.toMatchObject({ code: 'KEELSON_CLIENT_CLOSED' })
  })

  it('refuses a call that was overtaken by close', async () => {
    const client = createHttpClient(base)
    const call = client.get('/videos')
    await Promise.all([
      client.close(),
      expect(call).rejects.toMatchObject({ code: 'KEELSON_CLIENT_CLOSED', statusCode: 503 }),
    ])
  })

  it.each([
    { target: 'catalog:8080' },
    { target: '/videos' },
    { target: 'http://user:secret@catalog' },
    { target: 'http://catalog/?a=b' },
    { service: 'two words' },
    { maxConnections: 0 },
    { connectionMaxAgeMs: 99 },
    { connectionMaxAgeMs: true },
    { profile: 'fast' },
    { headers: {} },
  ])('refuses %o at construction', (options) => {
    const wrong = options as unknown as Partial<HttpClientOptions> // deliberately wrong
    expect(() => createHttpClient({ ...base, ...wrong })).toThrow(
      expect.objectContaining({ code: 'KEELSON_CLIENT_OPTIONS_INVALID' }) as Error,
    )
  })

  it('never shows the target that it refuses: it may hold credentials', () => {
    const shown: string[] = []
    try {
      createHttpClient({ ...base, target: 'http://user:canary@catalog' })
    } catch (error) {
      shown.push(inspect(error, { depth: 9 }))
    }
    expect(shown).toHaveLength(1)
    expect(shown[0]).not.toContain('canary')
  })

  it('refuses a policy that is out of range at construction', () => {
    for (const wrong of [{ breaker: { failureRatio: 50 } }, { endpoints: { ejectMs: 0 } }]) {
      expect(() => createHttpClient({ ...base, ...wrong })).toThrow(
        expect.objectContaining({ code: 'KEELSON_RESILIENCE_OPTIONS_INVALID' }) as Error,
      )
    }
  })
})
