import { createFakeClock } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { gelfAdapterDefaults, type GelfAdapterOptions } from './gelf-adapter.ts'
import type { Link } from './link.ts'
import { PersistentAdapter } from './persistent-adapter.ts'
import type { ReceiverAddress } from './target-address.ts'

const line = (index: number, level = 6): string => `{"short_message":"m${index}","level":${level}}`

function throwing(): never {
  throw new Error('of the caller')
}

/** A receiver whose links the test moves by hand. */
function manual(options: Partial<GelfAdapterOptions> & { transport?: 'tcp' | 'udp' } = {}) {
  const clock = createFakeClock()
  const { transport = 'tcp', ...rest } = options
  const state = {
    /** What a new link does: takes everything, takes nothing, or is never there. */
    mode: 'takes' as 'takes' | 'stalls' | 'refuses' | 'hangs',
    tries: 0,
    asked: 0,
    texts: [] as string[],
    lose: (): void => {},
    destroyed: 0,
  }
  const open = (_address: ReceiverAddress, onLost: () => void): Promise<Link> => {
    state.tries++
    state.lose = onLost
    if (state.mode === 'refuses') return Promise.reject(new Error('refused'))
    if (state.mode === 'hangs') return new Promise(() => {})
    return Promise.resolve({
      send(messages, done) {
        if (state.mode === 'stalls') return
        state.texts.push(...messages.map(({ text }) => text))
        done(undefined, [])
      },
      close: () => Promise.resolve(),
      destroy: () => void state.destroyed++,
    })
  }
  const adapter = new PersistentAdapter(
    { transport, host: 'graylog', port: 1 },
    {
      ...gelfAdapterDefaults,
      url: 'tcp://graylog',
      clock,
      random: () => 1,
      lookup() {
        state.asked++
        return Promise.resolve([{ address: '127.0.0.1', family: 4 }])
      },
      ...rest,
    },
    open,
  )
  return { adapter, clock, state }
}

describe('PersistentAdapter', () => {
  test('stays within its bounds for a minute of black hole, counts exactly, and asks for no address per message', async () => {
    let told = 0
    const { adapter, clock, state } = manual({
      maxQueueBytes: 65_536,
      onDropped: (_reason, count) => (told += count),
    })
    state.mode = 'hangs'
    let sent = 0
    let callbacks = 0
    for (let second = 0; second < 60; second++) {
      for (let index = 0; index < 100; index++) {
        adapter.send(line(sent++), (error) => (callbacks += error === undefined ? 0 : 1))
      }
      await clock.advance(1000)
      expect(adapter.stats().queuedBytes).toBeLessThanOrEqual(65_536)
    }
    const { dropped, queuedCount } = adapter.stats()
    expect((dropped['ship-queue-full'] ?? 0) + queuedCount).toBe(sent)
    expect(callbacks).toBe(dropped['ship-queue-full'])
    expect(state.tries).toBeLessThan(12)
    expect(state.asked).toBe(state.tries)
    const closing = adapter.close()
    await clock.advance(2000)
    await closing
    expect(told).toBe(sent)
    expect(clock.pendingCount).toBe(0)
  })

  test('waits twice as long after each failure, up to 30 s', async () => {
    const { adapter, clock, state } = manual()
    state.mode = 'refuses'
    adapter.send(line(1))
    await clock.advance(99)
    expect(state.tries).toBe(1)
    await clock.advance(1)
    expect(state.tries).toBe(2)
    await clock.advance(200 + 400 + 800)
    expect(state.tries).toBe(5)
    await clock.advance(300_000)
    const before = state.tries
    await clock.advance(30_000)
    expect(state.tries).toBe(before + 1)
  })

  test('gives up a link that takes nothing for ten seconds, and sends the batch over the next', async () => {
    const { adapter, clock, state } = manual()
    state.mode = 'stalls'
    adapter.send(line(1))
    await clock.advance(9_999)
    expect(state.destroyed).toBe(0)
    state.mode = 'takes'
    await clock.advance(200)
    expect(state.destroyed).toBe(1)
    expect(state.texts).toEqual([line(1)])
  })

  test('sends again what the kernel took within the last five seconds when the link breaks, and nothing older', async () => {
    const { adapter, clock, state } = manual()
    adapter.send(line(1))
    await clock.advance(6000)
    adapter.send(line(2))
    await clock.advance(1000)
    state.lose()
    adapter.send(line(3))
    await clock.advance(1000)
    expect(state.texts).toEqual([line(1), line(2), line(2), line(3)])
    expect(adapter.stats()).toMatchObject({ sentCount: 3, connectionCount: 2 })
  })

  test('sends nothing twice over UDP, whose socket says nothing about what arrived', async () => {
    const { adapter, clock, state } = manual({ transport: 'udp' })
    adapter.send(line(1))
    await clock.advance(100)
    state.lose()
    adapter.send(line(2))
    await clock.advance(1000)
    expect(state.texts).toEqual([line(1), line(2)])
  })

  test('resolves the name of a UDP receiver anew after five minutes', async () => {
    const { adapter, clock, state } = manual({ transport: 'udp' })
    adapter.send(line(1))
    await clock.advance(299_000)
    adapter.send(line(2))
    await clock.advance(1000)
    expect(state.asked).toBe(1)
    adapter.send(line(3))
    await clock.advance(10)
    expect(state.asked).toBe(2)
    expect(state.texts).toHaveLength(3)
  })

  test('uses the last known address while none can be had', async () => {
    let fails = false
    const { adapter, clock, state } = manual({
      lookup: () =>
        fails ? Promise.reject(new Error('no DNS')) : Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    })
    adapter.send(line(1))
    await clock.advance(10)
    fails = true
    state.lose()
    adapter.send(line(2))
    await clock.advance(6000)
    expect(new Set(state.texts)).toEqual(new Set([line(1), line(2)]))
  })

  test('takes a level only where it is the level', async () => {
    const { adapter, clock, state } = manual({ maxQueueCount: 2 })
    state.mode = 'hangs'
    adapter.send('{"_note":"\\"level\\":3","level":4}')
    adapter.send('{"_note":"\\"level\\":3","level":6}')
    adapter.send(line(3))
    adapter.send('{"level":6,"_a":"last"}')
    state.mode = 'takes'
    await clock.advance(6000)
    expect(state.texts).toEqual(['{"_note":"\\"level\\":3","level":4}', '{"level":6,"_a":"last"}'])
  })

  test('goes on after a callback that throws', async () => {
    const { adapter, clock, state } = manual({ maxQueueCount: 1 })
    adapter.send(line(1), throwing)
    adapter.send(line(2), throwing)
    await clock.advance(10)
    adapter.send(line(3))
    await clock.advance(10)
    expect(state.texts).toEqual([line(2), line(3)])
  })
})
