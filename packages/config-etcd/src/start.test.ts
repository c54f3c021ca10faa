import { KeelsonError } from '@keelson/core/errors'
import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import type { EtcdConnection, EtcdReading } from './etcd3-adapter.ts'
import { startEtcd } from './start.ts'

type Read = (agreement: 'majority' | 'member') => Promise<EtcdReading>

const reading = (revision: string): EtcdReading => ({ revision, ranges: [[], []] })

function failing(endpoint: string, reason: string): Promise<never> {
  const details = { endpoint, reason }
  return Promise.reject(new KeelsonError('KEELSON_ETCD_UNAVAILABLE', `${endpoint} ${reason}.`, { details }))
}

/** Endpoints that the test plays, by name. */
function scene(members: Readonly<Record<string, Read>>, signal = new AbortController().signal) {
  const endpoints = Object.keys(members)
  const closed: string[] = []
  const clock = createFakeClock()
  let next = 0
  const starting = startEtcd({
    endpoints,
    prefixes: [],
    check: (found) => found,
    signal,
    clock,
    async connect(): Promise<EtcdConnection> {
      const endpoint = endpoints[next++ % endpoints.length] ?? ''
      return {
        endpoint,
        read: (_, agreement = 'majority') => members[endpoint]?.(agreement) ?? failing(endpoint, 'other'),
        watch: () => undefined,
        close: () => closed.push(endpoint),
      }
    },
  })
  return { starting, closed, clock }
}

describe('startEtcd', () => {
  it('takes the first endpoint that answers for a majority, and closes the others', async () => {
    const { starting, closed } = scene({
      a: () => failing('a', 'refused'),
      b: async () => reading('5'),
      c: async () => reading('6'),
    })
    expect(await starting).toMatchObject({ reading: { revision: '5' }, connection: { endpoint: 'b' } })
    expect(closed).toEqual(['a'])
  })

  it('takes what one member holds only when a whole round has brought nothing better', async () => {
    const alone: Read = async (agreement) => (agreement === 'member' ? reading('4') : failing('a', 'timeout'))
    const better = scene({ a: alone, b: async () => reading('5') })
    expect((await better.starting).staleFrom).toBeUndefined()
    const { starting, closed } = scene({ a: alone, b: () => failing('b', 'refused') })
    expect(await starting).toEqual({ reading: reading('4'), staleFrom: 'a' })
    expect(closed).toEqual(['a', 'b'])
  })

  it('tries again after a round without an answer', async () => {
    let attempts = 0
    const { starting, clock } = scene({
      a: async (agreement) =>
        agreement === 'majority' && ++attempts === 2 ? reading('5') : failing('a', 'refused'),
    })
    while (clock.pendingCount === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(200)
    expect((await starting).reading.revision).toBe('5')
  })

  it('tells the cause at every endpoint when the signal aborts', async () => {
    const abort = new AbortController()
    const { starting, clock } = scene(
      { a: () => failing('a', 'refused'), b: () => failing('b', 'tls-name') },
      abort.signal,
    )
    while (clock.pendingCount === 0) await new Promise((resolve) => setImmediate(resolve))
    abort.abort(new Error('late'))
    await expect(starting).rejects.toMatchObject({
      code: 'KEELSON_ETCD_UNAVAILABLE',
      message: 'a refused. b tls-name.',
      details: { reason: 'several' },
    })
  })

  it('calls it a time-out when nothing has answered at all, and closes what comes too late', async () => {
    const abort = new AbortController()
    const late = Promise.withResolvers<EtcdReading>()
    const { starting } = scene({ a: () => late.promise }, abort.signal)
    abort.abort(new Error('late'))
    await expect(starting).rejects.toMatchObject({ details: { reason: 'timeout' } })
    late.resolve(reading('5'))
  })

  it('does not ask again where the credentials are refused', async () => {
    const denied = new KeelsonError('KEELSON_ETCD_ACCESS_DENIED', 'no')
    const { starting, clock } = scene({ a: () => Promise.reject(denied) })
    await expect(starting).rejects.toMatchObject({ code: 'KEELSON_ETCD_ACCESS_DENIED' })
    expect(clock.pendingCount).toBe(0)
  })
})
