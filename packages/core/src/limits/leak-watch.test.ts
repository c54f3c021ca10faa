import { createFakeClock } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { subscribe } from '../channels/index.ts'
import { createLeakWatch, type LeakWatch } from './leak-watch.ts'

const mebibyte = 1_048_576
let watch: LeakWatch | undefined
let unsubscribe: (() => void) | undefined

afterEach(() => {
  watch?.close()
  unsubscribe?.()
})

/** A watch over collections that the test makes. */
function start(windowMs?: number) {
  const clock = createFakeClock()
  const facts: unknown[] = []
  const listeners: ((bytes: number) => void)[] = []
  let isClosed = false
  unsubscribe = subscribe('keelson.leak.verdict', (fact) => facts.push(fact))
  watch = createLeakWatch({
    service: 'leaky',
    limitBytes: 200 * mebibyte,
    clock,
    ...(windowMs === undefined ? {} : { windowMs }),
    onMajorCollection: (listener) => {
      listeners.push(listener)
      return () => {
        isClosed = true
      }
    },
  })
  return { clock, facts, watch, collect: (bytes: number) => listeners[0]?.(bytes), isClosed: () => isClosed }
}

describe('createLeakWatch', () => {
  it('tells a change of verdict once, with the time to the limit', async () => {
    const { clock, facts, watch: watching, collect } = start()
    for (let minute = 0; minute < 30; minute++) {
      collect((40 + minute) * mebibyte)
      await clock.advance(60_000)
    }
    expect(facts).toHaveLength(1)
    expect(facts[0]).toMatchObject({ service: 'leaky', verdict: 'growing', limitBytes: 200 * mebibyte })
    // The floor of the last full window is 68 MiB; 132 MiB are left, at 1 MiB a minute.
    expect(watching.state.timeToLimitMs).toBeCloseTo(132 * 60_000, -3)
  })

  it('finds by half hours what is lost in the noise of minutes', async () => {
    const { clock, facts, collect } = start()
    for (let minute = 0; minute < 600; minute++) {
      collect(40 * mebibyte + minute * 60_000 + (minute % 7) * mebibyte)
      await clock.advance(60_000)
    }
    expect(facts).toMatchObject([{ verdict: 'flat' }, { verdict: 'growing' }])
  })

  it('stops looking when it is closed', () => {
    const { watch: watching, isClosed } = start()
    watching.close()
    expect(isClosed()).toBe(true)
  })
})
