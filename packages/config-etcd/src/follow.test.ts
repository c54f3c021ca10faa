import { KeelsonError } from '@keelson/core/errors'
import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import type { EtcdConnection, EtcdReading, WatchListener } from './etcd3-adapter.ts'
import { followEtcd, type OpenConnection } from './follow.ts'

/** An etcd that the test plays: a revision, whether it answers, and the connections made so far. */
function scene() {
  const clock = createFakeClock()
  const stop = new AbortController()
  const told: string[] = []
  const connections: { listener: WatchListener | undefined; readCount: number; closed: boolean }[] = []
  const state = { revision: 1, answers: true, confirmsWatches: true, sharedDenied: false }

  const read = (): EtcdReading => {
    if (!state.answers) throw new KeelsonError('KEELSON_ETCD_UNAVAILABLE', 'gone')
    return { revision: String(state.revision), ranges: [state.sharedDenied ? undefined : [], []] }
  }

  async function open(): Promise<OpenConnection> {
    const reading = read()
    const record: (typeof connections)[number] = { listener: undefined, readCount: 0, closed: false }
    connections.push(record)
    const connection: EtcdConnection = {
      endpoint: 'http://a:1',
      async read() {
        record.readCount++
        return read()
      },
      watch(prefixes, after, listener) {
        told.push(`watch ${prefixes.join(' ')} after ${after}`)
        record.listener = listener
        if (state.confirmsWatches) listener.ready()
      },
      close() {
        record.closed = true
      },
    }
    return { connection, reading }
  }

  async function follow(start?: OpenConnection): Promise<void> {
    await followEtcd({
      start,
      open,
      check: (reading) => reading,
      prefixes: ['/s', '/o'],
      signal: stop.signal,
      clock,
      random: () => 0.5,
      reconcileMs: 60_000,
      onReading: (reading) => told.push(`read ${reading.revision}`),
      onReachable: (up) => told.push(up ? 'up' : 'down'),
    })
  }

  return { clock, stop, told, connections, state, open, follow }
}

describe('followEtcd', () => {
  it('watches after what load has read, and reads when a change is reported', async () => {
    const { clock, told, connections, state, open, follow, stop } = scene()
    const following = follow(await open())
    state.revision = 5
    connections[0]?.listener?.changed('5')
    await clock.advance(0)
    expect(told).toEqual(['watch /s /o after 1', 'read 5'])
    stop.abort()
    await following
  })

  it('reads at most every 50 ms, however many changes are reported, and once more after the last', async () => {
    const { clock, told, connections, state, open, follow, stop } = scene()
    const following = follow(await open())
    for (let i = 0; i < 100; i++) {
      state.revision++
      connections[0]?.listener?.changed(String(state.revision))
      await clock.advance(1)
    }
    await clock.advance(50)
    expect(connections[0]?.readCount).toBeLessThanOrEqual(4)
    expect(told.at(-1)).toBe('read 101')
    stop.abort()
    await following
  })

  it('does not read for a change that it has read already', async () => {
    const { clock, connections, open, follow, stop } = scene()
    const following = follow(await open())
    connections[0]?.listener?.changed('1')
    await clock.advance(100)
    expect(connections[0]?.readCount).toBe(0)
    stop.abort()
    await following
  })

  it('reads by itself after 60 s ± 20 %, although nothing is reported', async () => {
    const { clock, told, state, open, follow, stop } = scene()
    const following = follow(await open())
    state.revision = 9
    await clock.advance(59_999)
    expect(told).not.toContain('read 9')
    await clock.advance(1)
    expect(told).toContain('read 9')
    stop.abort()
    await following
  })

  it('takes a new connection and reads everything after a watch has ended', async () => {
    const { clock, told, connections, state, open, follow, stop } = scene()
    const following = follow(await open())
    state.revision = 7
    connections[0]?.listener?.ended(new KeelsonError('KEELSON_ETCD_UNAVAILABLE', 'compacted'))
    await clock.advance(100)
    expect(connections[0]?.closed).toBe(true)
    expect(told).toEqual(['watch /s /o after 1', 'read 7', 'watch /s /o after 7'])
    stop.abort()
    await following
  })

  it('says once that etcd is out of reach, pauses longer up to 2 s, and once that it is back', async () => {
    const { clock, told, connections, state, follow, stop } = scene()
    state.answers = false
    const following = follow()
    await clock.advance(60_000)
    expect(told).toEqual([])
    state.answers = true
    state.revision = 3
    await clock.advance(1_000)
    expect(told).toEqual(['read 3', 'up', 'watch /s /o after 3'])
    state.answers = false
    connections[0]?.listener?.changed('4')
    await clock.advance(60_000)
    expect(told.slice(3)).toEqual(['down'])
    stop.abort()
    await following
  })

  it('throws a connection away whose watch is not confirmed within 5 s', async () => {
    const { clock, connections, state, open, follow, stop } = scene()
    state.confirmsWatches = false
    const following = follow(await open())
    await clock.advance(4_999)
    expect(connections[0]?.closed).toBe(false)
    await clock.advance(1)
    expect(connections[0]?.closed).toBe(true)
    stop.abort()
    await following
  })

  it('does not ask faster and faster where every watch ends at once', async () => {
    const { clock, connections, state, follow, stop } = scene()
    state.confirmsWatches = false
    const following = follow()
    for (let i = 0; i < 1_000; i++) {
      connections.at(-1)?.listener?.ended(new KeelsonError('KEELSON_ETCD_UNAVAILABLE', 'no streams'))
      await clock.advance(10)
    }
    // 10 s, at a pause that grows to a second with this randomness.
    expect(connections.length).toBeLessThan(20)
    stop.abort()
    await following
  })

  it('watches the shared prefix as soon as it may be read', async () => {
    const { clock, told, connections, state, open, follow, stop } = scene()
    state.sharedDenied = true
    const following = follow(await open())
    expect(told).toEqual(['watch /o after 1'])
    state.sharedDenied = false
    state.revision = 2
    connections[0]?.listener?.changed('2')
    await clock.advance(200)
    expect(told.at(-1)).toBe('watch /s /o after 2')
    stop.abort()
    await following
  })

  it('ends with the signal: connection closed, no timer left, nothing told afterwards', async () => {
    const { clock, told, connections, state, open, follow, stop } = scene()
    const following = follow(await open())
    stop.abort()
    await following
    state.revision = 5
    connections[0]?.listener?.changed('5')
    await clock.advance(120_000)
    expect(connections.map((connection) => connection.closed)).toEqual([true])
    expect(told).toEqual(['watch /s /o after 1'])
    expect(clock.pendingCount).toBe(0)
  })
})
