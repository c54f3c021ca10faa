import { describe, expect, it } from 'vitest'
import { parseDuration, showDuration } from '../duration.ts'
import { checkAgainst } from './check-schema.ts'
import { contractSchema } from './contract-schema.ts'
import { completeContract, readContractFile } from './contract.ts'

describe('the schema of contracts', () => {
  it('takes nothing, and everything', () => {
    expect(checkAgainst(contractSchema, {})).toEqual([])
    const whole = {
      $schema: 'x',
      service: 'a',
      profile: 'generic',
      port: 80,
      opsPort: 81,
      paths: { sample: '/', liveness: 'none' },
      metrics: { required: ['up'] },
      limits: { probe: '50ms', scrape: '1.5s', memoryBytes: 1 },
      start: { env: { A: 'b' }, brokenEnv: {}, secretEnv: ['X'], readyTimeout: '2m' },
      stop: { env: {}, traffic: '0s', grace: '25s' },
      waivers: [{ id: 'probes.head', level: 'off', reason: 'long enough', until: '2027-01-31' }],
    }
    expect(checkAgainst(contractSchema, whole)).toEqual([])
  })

  it.each([
    [[], 'the file'],
    [null, 'the file'],
    [{ prot: 1 }, 'prot'],
    [{ port: 0 }, 'port'],
    [{ port: 1.5 }, 'port'],
    [{ port: 70_000 }, 'port'],
    [{ profile: 'spring' }, 'profile'],
    [{ paths: { sample: 'x' } }, 'paths.sample'],
    [{ paths: { smaple: '/x' } }, 'paths.smaple'],
    [{ start: { env: { A: 1 } } }, 'start.env.A'],
    [{ stop: { grace: '25' } }, 'stop.grace'],
    [{ metrics: { required: ['a', 1] } }, 'metrics.required[1]'],
    [{ waivers: [{ id: 'a', reason: 'long enough' }] }, 'waivers[0].until'],
    [{ waivers: [{ id: 'a', reason: 'short', until: '2027-01-31' }] }, 'waivers[0].reason'],
  ])('refuses %j and names %s', (value, path) => {
    const faults = checkAgainst(contractSchema, value)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(new RegExp(`^${path.replaceAll(/[.[\]]/g, '\\$&')} `))
  })
})

describe('completeContract', () => {
  it('expects less of a generic service', () => {
    expect(completeContract({ profile: 'generic' })).toMatchObject({
      requiredMetrics: [],
      start: { brokenEnv: undefined },
    })
    expect(completeContract()).toMatchObject({
      paths: { sample: '/', liveness: '/liveness', slow: undefined },
      start: { brokenEnv: { PORT: 'broken' } },
      stop: { env: { SHUTDOWN_DRAIN_DELAY: '2s' }, trafficMs: 1000, graceMs: 30_000 },
    })
  })

  it('knows that a path is none', () => {
    expect(completeContract({ paths: { metrics: 'none', sample: 'none' } }).paths).toMatchObject({
      metrics: undefined,
      sample: undefined,
    })
  })

  it('requires no series of requests from a service that serves none', () => {
    const { requiredMetrics } = completeContract({ paths: { sample: 'none' } })
    expect(requiredMetrics).toContain('process_cpu_seconds_total')
    expect(requiredMetrics).not.toContain('http_requests_total')
    expect(completeContract().requiredMetrics).toContain('http_requests_total')
  })
})

describe('readContractFile', () => {
  it('names a file that is not there', () => {
    expect(() => readContractFile('/absent/keelson.contract.json')).toThrow(
      expect.objectContaining({ code: 'KEELSON_CLI_CONTRACT_INVALID' }),
    )
  })
})

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['5', undefined],
    ['-1s', undefined],
    ['1h', undefined],
  ])('reads %s as %s', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs)
  })

  it('is written for people', () => {
    expect([3, 850, 2350].map(showDuration)).toEqual(['3.0 ms', '850 ms', '2.35 s'])
  })
})
