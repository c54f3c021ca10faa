import { createConfig } from '@keelson/config'
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
    expect(withSettings(own, await settingsOf({}))).toEqual(own)
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
    const own = { target: 'http://catalog:8080', retry: { maxRetries: 2, backoffMs: 10 } }
    expect(withSettings(own, settings)).toEqual({
      target: 'http://10.0.0.7:9000',
      timeoutMs: 2_000,
      attemptTimeoutMs: 500,
      retry: { maxRetries: 0, backoffMs: 10 },
      breaker: { failureRatio: 0.25, breakMs: 1_000 },
      bulkhead: { maxConcurrent: 7 },
    })
  })

  it('does not switch on a layer that the code has switched off', async () => {
    const settings = await settingsOf({ DEPENDENCIES__CATALOG__RETRY__MAX_RETRIES: '3' })
    expect(withSettings({ target: 'http://catalog:8080', retry: false }, settings)).toMatchObject({
      retry: false,
    })
  })
})
