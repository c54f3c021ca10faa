import { createConfig } from '@keelson/config'
import { checkClientPolicy } from '@keelson/http-client'
import { describe, expect, it } from 'vitest'
import { dependencyKeys, type DependencySettings, withSettings } from './dependency-keys.ts'

const definition = { name: 'delivery', dependencies: { catalog: { target: 'http://catalog:8080' } } }

async function settingsOf(env: Record<string, string>): Promise<DependencySettings> {
  const config = await createConfig({ service: 'delivery', schema: dependencyKeys(definition), env })
  return (config.current as { dependencies: { catalog: DependencySettings } }).dependencies.catalog // as the keys say
}

describe('dependencyKeys', () => {
  it('leaves everything but the target to the code, unless configuration sets it', async () => {
    const own = { target: 'http://catalog:8080', timeoutMs: 700, retry: { maxRetries: 2 } }
    const { target: _target, ...policy } = own
    expect(withSettings(own, await settingsOf({}))).toEqual(policy)
  })

  it('tunes each layer over what the code says, durations as text', async () => {
    const settings = await settingsOf({
      CATALOG_URL: 'http://10.0.0.7:9000',
      DEPENDENCIES__CATALOG__TIMEOUT: '2s',
      DEPENDENCIES__CATALOG__ATTEMPT_TIMEOUT: '500ms',
      DEPENDENCIES__CATALOG__RETRY__MAX_RETRIES: '0',
      DEPENDENCIES__CATALOG__BREAKER__FAILURE_RATIO: '0.25',
      DEPENDENCIES__CATALOG__BREAKER__BREAK: '1s',
      DEPENDENCIES__CATALOG__BULKHEAD__MAX_CONCURRENT: '7',
    })
    expect(settings.target).toBe('http://10.0.0.7:9000')
    const own = { target: 'http://catalog:8080', retry: { maxRetries: 2, backoffMs: 10 } }
    expect(withSettings(own, settings)).toEqual({
      timeoutMs: 2_000,
      attemptTimeoutMs: 500,
      retry: { maxRetries: 0, backoffMs: 10 },
      breaker: { failureRatio: 0.25, breakMs: 1_000 },
      bulkhead: { maxConcurrent: 7 },
    })
  })

  it('switches every layer off, and limits of time by 0', async () => {
    const layers = ['RETRY', 'BREAKER', 'BULKHEAD', 'HEDGE', 'ENDPOINTS'].map((layer) => [
      `DEPENDENCIES__CATALOG__${layer}__ENABLED`,
      'false',
    ])
    const times = ['TIMEOUT', 'ATTEMPT_TIMEOUT', 'CONNECTION_MAX_AGE'].map((time) => [
      `DEPENDENCIES__CATALOG__${time}`,
      '0s',
    ])
    const own = { target: 'http://catalog:8080', breaker: { failureRatio: 0.2 }, hedge: {} }
    const policy = withSettings(own, await settingsOf(Object.fromEntries([...layers, ...times])))
    const off = { timeoutMs: false, attemptTimeoutMs: false, connectionMaxAgeMs: false }
    expect(policy).toEqual({
      ...off,
      retry: false,
      breaker: false,
      bulkhead: false,
      hedge: false,
      endpoints: false,
    })
    expect(() => checkClientPolicy(policy)).not.toThrow()
  })

  it('takes the ramp after an outage, and switches it off by 0', async () => {
    const own = { target: 'http://catalog:8080' }
    const ramp = async (value: string) =>
      withSettings(own, await settingsOf({ DEPENDENCIES__CATALOG__BREAKER__RAMP: value })).breaker
    expect(await ramp('2s')).toEqual({ rampMs: 2_000 })
    expect(await ramp('0s')).toEqual({ rampMs: 0 })
  })

  it('switches a layer on that is off by default or in code, when it says so', async () => {
    const settings = await settingsOf({
      DEPENDENCIES__CATALOG__HEDGE__ENABLED: 'true',
      DEPENDENCIES__CATALOG__BREAKER__ENABLED: 'true',
      DEPENDENCIES__CATALOG__RETRY__BUDGET__ENABLED: 'false',
    })
    const own = { target: 'http://catalog:8080', breaker: false as const, retry: { maxRetries: 2 } }
    expect(withSettings(own, settings)).toEqual({
      hedge: {},
      breaker: {},
      retry: { maxRetries: 2, budget: false },
    })
  })

  it('does not switch on a layer that the code has switched off', async () => {
    const settings = await settingsOf({ DEPENDENCIES__CATALOG__RETRY__MAX_RETRIES: '3' })
    expect(withSettings({ target: 'http://catalog:8080', retry: false }, settings)).toMatchObject({
      retry: false,
    })
  })
})
