import { describe, expect, it } from 'vitest'
import { RouteLimit } from './route-limit.ts'

const boundMs = 100

interface Load {
  /** Requests that can be done at a time, and how long each takes, in milliseconds. */
  slots: number
  durationMs: number
  /** Milliseconds from one arrival to the next. */
  everyMs: number
}

/** A route that waits for one of several places, in steps of a millisecond. */
function createRoute(first: Load, askBoundMs: () => number = () => boundMs) {
  const limit = new RouteLimit(askBoundMs)
  let load = first
  let nowMs = 1_000
  let dueAtMs = nowMs
  const waiting: number[] = []
  const running: { startedAtMs: number; endsAtMs: number }[] = []
  let refusedCount = 0
  let arrivedCount = 0
  let longestMs = 0

  function step(): void {
    for (; dueAtMs <= nowMs; dueAtMs += load.everyMs) {
      arrivedCount += 1
      if (limit.allows(undefined)) {
        limit.begin()
        waiting.push(nowMs)
      } else refusedCount += 1
    }
    for (const ended of running.filter(({ endsAtMs }) => endsAtMs <= nowMs)) {
      const { startedAtMs } = ended
      running.splice(running.indexOf(ended), 1)
      longestMs = Math.max(longestMs, nowMs - startedAtMs)
      limit.end(nowMs, nowMs - startedAtMs, true)
    }
    while (running.length < load.slots && waiting.length > 0) {
      running.push({ startedAtMs: waiting.shift() as number, endsAtMs: nowMs + load.durationMs }) // not empty
    }
    nowMs += 1
  }

  return {
    limit,
    run(durationMs: number, next: Partial<Load> = {}) {
      load = { ...load, ...next }
      refusedCount = 0
      arrivedCount = 0
      longestMs = 0
      for (let passed = 0; passed < durationMs; passed++) step()
      return { refusedRatio: refusedCount / arrivedCount, longestMs }
    },
  }
}

describe('RouteLimit', () => {
  it('refuses nothing at 90 % of what the route can do', () => {
    const route = createRoute({ slots: 8, durationMs: 20, everyMs: 2.8 })
    expect(route.run(60_000).refusedRatio).toBe(0)
    expect(route.limit.limit).toBe(Number.POSITIVE_INFINITY)
  })

  it('keeps the wait at the bound while twice too much comes, for as long as it comes', () => {
    const route = createRoute({ slots: 8, durationMs: 20, everyMs: 5 })
    route.run(2_000)
    route.run(2_000, { everyMs: 1.25 })
    const { refusedRatio, longestMs } = route.run(120_000)
    expect(longestMs).toBeLessThanOrEqual(20 + boundMs * 1.25)
    expect(refusedRatio).toBeGreaterThan(0.47)
    expect(refusedRatio).toBeLessThan(0.55)
  })

  it('lifts the limit after the overload, within two seconds', () => {
    const route = createRoute({ slots: 8, durationMs: 20, everyMs: 5 })
    route.run(2_000)
    route.run(3_000, { everyMs: 0.8 })
    expect(route.limit.limit).toBeLessThan(100)
    route.run(2_000, { everyMs: 3.3 })
    expect(route.run(5_000).refusedRatio).toBe(0)
    expect(route.limit.limit).toBe(Number.POSITIVE_INFINITY)
  })

  it('takes the limit back when requests simply take longer, and nobody waits for anybody', () => {
    const route = createRoute({ slots: 1_000_000, durationMs: 20, everyMs: 2 })
    route.run(2_000)
    // The neighbour that the route asks has become slow: what is refused does not make it quicker.
    route.run(3_000, { durationMs: 300 })
    expect(route.run(60_000).refusedRatio).toBe(0)
  })

  it('follows a neighbour that becomes quicker or slower under overload', () => {
    const route = createRoute({ slots: 8, durationMs: 20, everyMs: 5 })
    route.run(2_000)
    route.run(5_000, { everyMs: 1.25 })
    route.run(5_000, { slots: 4 })
    expect(route.run(10_000).longestMs).toBeLessThanOrEqual(20 + boundMs * 2)
    route.run(5_000, { slots: 16 })
    expect(route.run(10_000).refusedRatio).toBeLessThan(0.05)
  })

  it('lets critical requests in half above the limit, and sheddable ones to half of it', () => {
    const route = createRoute({ slots: 8, durationMs: 20, everyMs: 5 })
    route.run(2_000)
    route.run(10_000, { everyMs: 1.25 })
    const { limit } = route
    limit.inFlight = Math.ceil(limit.limit * 1.2)
    expect(limit.allows(undefined)).toBe(false)
    expect(limit.allows('critical')).toBe(true)
    limit.inFlight = Math.ceil(limit.limit * 0.6)
    expect(limit.allows(undefined)).toBe(true)
    expect(limit.allows('sheddable')).toBe(false)
  })

  it('lets everything in as soon as its bound is taken away, and forgets its limit', () => {
    let present = boundMs
    const route = createRoute({ slots: 8, durationMs: 20, everyMs: 5 }, () => present)
    route.run(2_000)
    expect(route.run(10_000, { everyMs: 1.25 }).refusedRatio).toBeGreaterThan(0.3)
    present = 0
    expect(route.run(1_500).refusedRatio).toBe(0)
    expect(route.limit.limit).toBe(Number.POSITIVE_INFINITY)
  })

  it('limits nothing without a bound', () => {
    const limit = new RouteLimit(() => 0)
    for (let request = 0; request < 1_000; request++) {
      limit.begin()
      limit.end(request * 10, request, true)
    }
    expect(limit.limit).toBe(Number.POSITIVE_INFINITY)
  })
})
