import { describe, expect, it } from 'vitest'
import { createCatalogue } from '../src/verify/catalogue.ts'
import { failed, fixtureContract, verifyFixture } from './fixture-verify.ts'

const ids = createCatalogue('2026-01-01').flatMap(({ id, group, isOptIn }) =>
  isOptIn !== true && ['logs', 'metrics', 'config', 'security', 'limits'].includes(group) ? [id] : [],
)

describe.concurrent('verify, of a service that breaks one check of what it shows', () => {
  it.each(ids)('fails exactly %s', async (id) => {
    const result = await verifyFixture(id, fixtureContract)
    expect(failed(result)).toEqual([id])
  })
})

describe('verify, of a contract with a waiver', () => {
  const waiver = { id: 'probes.head', reason: 'the balancer is being replaced' }

  it('fails exactly contract.waivers when the last day is over', async () => {
    const waivers = [{ ...waiver, until: '2020-01-01' }]
    expect(failed(await verifyFixture('nothing', { ...fixtureContract, waivers }))).toEqual([
      'contract.waivers',
    ])
  })

  it('makes a warning of what is waived, until its last day', async () => {
    const waivers = [{ ...waiver, until: '9999-01-01' }]
    const { checks } = await verifyFixture('probes.head', { ...fixtureContract, waivers })
    expect(checks.filter(({ status }) => status === 'fail')).toMatchObject([
      { id: 'probes.head', level: 'warning', note: expect.stringContaining('9999-01-01') },
    ])
  })
})
