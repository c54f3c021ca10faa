import { tmpdir } from 'node:os'
import { runWithContext } from '@keelson/core/context'
import {
  createTestLogger,
  requireServer,
  startEtcd,
  type EtcdFixture,
  type TestLogger,
} from '@keelson/testing'
import { createService, logger } from 'keelson'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const etcdProgram = requireServer('etcd')
const prefix = '/acme/development/leveled/log'

describe.skipIf(etcdProgram.path === undefined)('levels of the log in etcd', () => {
  let etcd: EtcdFixture
  beforeAll(async () => {
    etcd = await startEtcd(etcdProgram.path)
  })
  afterAll(() => etcd.close())

  // What an earlier test has left where it failed.
  beforeEach(() =>
    etcd.transaction(
      Object.fromEntries(
        ['level', 'levels', 'sampleRatio', 'burstLimit'].map((key) => [`${prefix}/${key}`, null]),
      ),
    ),
  )

  async function start(lines: TestLogger, settings: Readonly<Record<string, string>> = {}) {
    const service = await createService(
      { name: 'leveled', http: false },
      {
        env: {
          HOST: '127.0.0.1',
          OPS_PORT: '0',
          ETCD_ENDPOINTS: etcd.endpoint,
          ETCD_ORG: 'acme',
          ETCD_REQUIRED: 'true',
          ...settings,
        },
        argv: [],
        cwd: tmpdir(),
        signals: false,
        logDestination: lines,
      },
    )
    await service.start()
    return service
  }

  /** Changes keys; resolves with the time until `holds`, in milliseconds. */
  async function change(
    changes: Readonly<Record<string, string | null>>,
    holds: () => boolean,
  ): Promise<number> {
    const startedAt = performance.now()
    await etcd.transaction(changes)
    await until(holds)
    return performance.now() - startedAt
  }

  it('are in force in a running service, of the whole log and of a module, and go with their keys', async () => {
    const lines = createTestLogger()
    await using service = await start(lines)
    const sql = logger('sql')
    service.log.debug('too early')
    const wholeMs = await change({ [`${prefix}/level`]: 'debug' }, () => service.log.isLevelEnabled('debug'))
    const moduleMs = await change(
      { [`${prefix}/levels`]: '{"sql":"error"}' },
      () => !sql.isLevelEnabled('warn'),
    )
    service.log.debug('wanted')
    sql.warn('unwanted')
    await change({ [`${prefix}/level`]: null, [`${prefix}/levels`]: null }, () => sql.isLevelEnabled('info'))
    expect(service.log.isLevelEnabled('debug')).toBe(false)
    process.stdout.write(`a level by etcd: after ${wholeMs.toFixed(0)} and ${moduleMs.toFixed(0)} ms\n`)
    expect(lines.matching({ short_message: 'wanted' })).toHaveLength(1)
    for (const message of ['too early', 'unwanted']) {
      expect(lines.matching({ short_message: message })).toEqual([])
    }
  })

  it('return by themselves after log.revertAfter', async () => {
    await using service = await start(createTestLogger(), { LOG__REVERT_AFTER: '1500ms' })
    const sql = logger('sql')
    await change({ [`${prefix}/level`]: 'debug', [`${prefix}/levels`]: '{"sql":"trace"}' }, () =>
      sql.isLevelEnabled('trace'),
    )
    expect(service.log.isLevelEnabled('debug')).toBe(true)
    await until(() => !service.log.isLevelEnabled('debug') && !sql.isLevelEnabled('debug'))
    // The keys are still there: only what they did has ended.
    expect(service.config.current.log.level).toBe('debug')
    await etcd.transaction({ [`${prefix}/level`]: null, [`${prefix}/levels`]: null })
  })

  it('come with sampling and a burst limit, both in force in a running service', async () => {
    const lines = createTestLogger()
    await using service = await start(lines)
    const access = (requestId: string) =>
      runWithContext({ requestId }, () => service.log.info('of a request'))
    const isWritten = (write: () => void): boolean => {
      const before = lines.lines.length
      write()
      return lines.lines.length > before
    }
    expect(isWritten(() => access('a'))).toBe(true)
    // Watched from outside of requests, where nothing is sampled: by what the configuration says is in force.
    await change({ [`${prefix}/sampleRatio`]: '0' }, () => service.config.current.log.sampleRatio === 0)
    expect(isWritten(() => access('a'))).toBe(false)
    await change({ [`${prefix}/sampleRatio`]: '0.5' }, () => service.config.current.log.sampleRatio === 0.5)
    const ids = Array.from({ length: 200 }, (_, index) => `r${index}`)
    const chosen = ids.filter((id) => isWritten(() => access(id)))
    expect(chosen.length).toBeGreaterThan(60)
    expect(chosen.length).toBeLessThan(140)
    expect(lines.lines.at(-1)).toMatchObject({ _sample_rate: 0.5 })

    await change(
      { [`${prefix}/sampleRatio`]: null, [`${prefix}/burstLimit`]: '3' },
      () => service.config.current.log.burstLimit === 3,
    )
    const repeated = ids.filter((id) => isWritten(() => access(id)))
    expect(repeated).toEqual(['r0', 'r1', 'r2'])
    await change({ [`${prefix}/burstLimit`]: null }, () => service.config.current.log.burstLimit === 0)
    expect(lines.lines.at(-1)).toMatchObject({
      _suppressed_message: 'of a request',
      _suppressed_count: 197,
    })
    expect(ids.every((id) => isWritten(() => access(id)))).toBe(true)
  })

  it('are refused together with a share of requests that is none, and all stays as it was', async () => {
    const lines = createTestLogger()
    await using service = await start(lines)
    await etcd.transaction({ [`${prefix}/level`]: 'debug', [`${prefix}/sampleRatio`]: '3' })
    await until(() => lines.lines.some((line) => String(line['short_message']).includes('refused')))
    expect(service.config.current.log).toMatchObject({ level: 'info', sampleRatio: 1 })
    expect(service.log.level).toBe('info')
    expect(JSON.stringify(lines.lines)).toContain('log.sampleRatio')
    await etcd.transaction({ [`${prefix}/level`]: null, [`${prefix}/sampleRatio`]: null })
  })

  it('that do not exist are refused, and the level stays', async () => {
    const lines = createTestLogger()
    await using service = await start(lines)
    await etcd.transaction({ [`${prefix}/level`]: 'loud' })
    await until(() => lines.lines.some((line) => String(line['short_message']).includes('refused')))
    expect(service.log.level).toBe('info')
    await etcd.transaction({ [`${prefix}/level`]: null })
  })
})

async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 20_000
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error('it did not happen within 20 s')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
