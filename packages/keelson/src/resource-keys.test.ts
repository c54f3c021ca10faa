import { createConfig } from '@keelson/config'
import { checkResourceTuning } from '@keelson/resilience/resource'
import { describe, expect, it } from 'vitest'
import { refineOf } from './dependency-faults.ts'
import { schemaOf } from './house-schema.ts'
import { type ResourceConfiguration, resourceKeys, withConfiguration } from './resource-keys.ts'
import { resolveRuntime } from './runtime.ts'

const definition = { name: 'shop', resources: { database: {} } }

async function configured(env: Record<string, string>): Promise<ResourceConfiguration> {
  const config = await createConfig({ service: 'shop', schema: resourceKeys(definition), env })
  return (config.current as { resources: { database: ResourceConfiguration } }).resources.database // as the keys say
}

describe('resourceKeys', () => {
  it('has no keys where nothing is declared', () => {
    expect(resourceKeys({ name: 'shop' })).toEqual({})
  })

  it('leaves everything to the declaration, unless configuration sets it', async () => {
    const declared = {
      critical: true,
      checkIntervalMs: 700,
      profile: 'batch' as const,
      timeoutMs: 900,
      breaker: { minimumThroughput: 7 },
    }
    expect(withConfiguration(declared, await configured({}))).toEqual({
      critical: true,
      checkIntervalMs: 700,
      policy: { profile: 'batch', timeoutMs: 900, breaker: { minimumThroughput: 7 } },
    })
  })

  it('tunes the connection, the check and each layer, durations as text', async () => {
    const settings = await configured({
      RESOURCES__DATABASE__CRITICAL: 'false',
      RESOURCES__DATABASE__CONNECT_TIMEOUT: '3s',
      RESOURCES__DATABASE__CONNECT_BACKOFF: '250ms',
      RESOURCES__DATABASE__MAX_CONNECT_BACKOFF: '1m',
      RESOURCES__DATABASE__CHECK_INTERVAL: '1s',
      RESOURCES__DATABASE__CHECK_TIMEOUT: '500',
      RESOURCES__DATABASE__ATTEMPT_TIMEOUT: '0',
      RESOURCES__DATABASE__BREAKER__FAILURE_RATIO: '0.2',
      RESOURCES__DATABASE__BULKHEAD__ENABLED: 'false',
    })
    const tuning = withConfiguration({ critical: true, breaker: { minimumThroughput: 7 } }, settings)
    expect(tuning).toEqual({
      critical: false,
      connectTimeoutMs: 3_000,
      connectBackoffMs: 250,
      maxConnectBackoffMs: 60_000,
      checkIntervalMs: 1_000,
      checkTimeoutMs: 500,
      policy: {
        attemptTimeoutMs: false,
        breaker: { minimumThroughput: 7, failureRatio: 0.2 },
        bulkhead: false,
      },
    })
    expect(() => checkResourceTuning(tuning)).not.toThrow()
  })
})

describe('the configuration of a resource', () => {
  it.each([
    [
      'CHECK_TIMEOUT',
      '1ms',
      'resources.database.checkTimeout',
      'a number from 10 up to 60000 (milliseconds)',
    ],
    ['CONNECT_BACKOFF', '0', 'resources.database.connectBackoff', 'a number from 1 up to 60000'],
    ['MAX_CONNECT_BACKOFF', '50ms', 'resources.database.maxConnectBackoff', 'a number from 200 up to 600000'],
    ['BREAKER__FAILURE_RATIO', '7', 'resources.database.breaker.failureRatio', 'a number above 0 up to 1'],
    ['RETRY__BUDGET__DEPOSIT_RATIO', '-1', 'resources.database.retry.budget.depositRatio', 'a number'],
    ['TIMEOUT', '2h', 'resources.database.timeout', 'a number from 1 up to 3600000'],
  ])(
    'with %s=%s is refused with key, accepted range, origin and remedy',
    async (name, value, key, accepted) => {
      const declaring = { name: 'shop', resources: { database: { connectBackoffMs: 200 } } }
      const env = { [`RESOURCES__DATABASE__${name}`]: value }
      const schema = schemaOf(declaring, resolveRuntime({ env }))
      const failure = createConfig({ service: 'shop', schema, env, refine: await refineOf(declaring) })
      const error = await failure.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).toMatchObject({ code: 'KEELSON_CONFIG_INVALID' })
      const { message } = error as Error // as just seen
      for (const part of [key, accepted, `RESOURCES__DATABASE__${name}`, 'Correct it here']) {
        expect(message).toContain(part)
      }
    },
  )
})
