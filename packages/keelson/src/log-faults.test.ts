import { describe, expect, it } from 'vitest'
import { refineOf } from './dependency-faults.ts'
import { logFaults } from './log-faults.ts'

describe('logFaults', () => {
  it.each([
    [0, 0],
    [1, 1_000_000],
    [0.25, 1],
  ])('takes a ratio of %d and a limit of %d', (sampleRatio, burstLimit) => {
    expect(logFaults({ sampleRatio, burstLimit })).toEqual([])
  })

  it('names every number that the log would not take', () => {
    expect(logFaults({ sampleRatio: 1.5, burstLimit: 1_000_001 }).map(({ key }) => key)).toEqual([
      'log.sampleRatio',
      'log.burstLimit',
    ])
    expect(logFaults({ sampleRatio: -0.1, burstLimit: 0 }).map(({ key }) => key)).toEqual(['log.sampleRatio'])
  })
})

describe('refineOf', () => {
  it('checks log and admission of a service without dependencies, and asks the check of its author too', async () => {
    const values = {
      log: { sampleRatio: 2, burstLimit: 0 },
      admission: { backlog: 100, maxConcurrent: 0, rateLimit: { max: null, window: 60_000 } },
    }
    const own = [{ key: 'own', problem: 'is wrong' }]
    const keysOf = async (definition: Parameters<typeof refineOf>[0]) =>
      // All that these checks read of a configuration.
      ((await refineOf(definition))(values as never) ?? []).map(({ key }) => key)
    expect(await keysOf({ name: 'a' })).toEqual(['log.sampleRatio', 'admission.maxConcurrent'])
    expect(await keysOf({ name: 'a', refine: () => own })).toEqual([
      'log.sampleRatio',
      'admission.maxConcurrent',
      'own',
    ])
  })
})
