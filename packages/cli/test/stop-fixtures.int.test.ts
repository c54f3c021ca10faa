import { describe, expect, it } from 'vitest'
import { createCatalogue } from '../src/verify/catalogue.ts'
import { failed, fixtureContract, verifyFixture } from './fixture-verify.ts'

const ids = createCatalogue('2026-01-01').flatMap(({ id, group }) =>
  ['stop', 'start', 'probes', 'request-id'].includes(group) ? [id] : [],
)

describe('verify, of a service that keeps the contract', () => {
  it('finds nothing, and judges every check', async () => {
    const result = await verifyFixture('nothing')
    expect(failed(result)).toEqual([])
    expect(result.checks.filter(({ status }) => status === 'skip')).toEqual([])
    expect(result.checks.map(({ id }) => id)).not.toContain('limits.leak')
    expect(result.stop?.load.lost).toEqual([])
    expect(result.stop?.load.sentCount).toBeGreaterThan(20)
  })
})

describe.concurrent('verify, of a service that breaks one check of its life', () => {
  it.each(ids)('fails exactly %s', async (id) => {
    const result = await verifyFixture(id, fixtureContract)
    expect(failed(result)).toEqual([id])
  })
})
