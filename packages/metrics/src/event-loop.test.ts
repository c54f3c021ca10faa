import { setImmediate as nextTurn } from 'node:timers/promises'
import { performance } from 'node:perf_hooks'
import { expect, test, describe } from 'vitest'
import { createFakeClock } from '@keelson/testing'
import { createEventLoopMonitor, minimumIntervalMs } from './event-loop.ts'

/** The monitor watches the real loop: turns it until a delay was seen, whatever time that takes. */
async function block(monitor: { seen: () => boolean }, blockMs: number): Promise<void> {
  while (!monitor.seen()) {
    const until = performance.now() + blockMs
    while (performance.now() < until);
    await nextTurn()
  }
}

describe('createEventLoopMonitor', () => {
  test('gives the same sample to whoever asks again within the least interval', async () => {
    const clock = createFakeClock()
    const monitor = createEventLoopMonitor(clock)
    const empty = monitor.sample()
    expect(empty.max).toBe(0)
    await block({ seen: () => monitor.sample() !== empty }, 25)
    const first = monitor.sample()
    await clock.advance(minimumIntervalMs - 1)
    expect(monitor.sample()).toBe(first)
    await clock.advance(1)
    await block({ seen: () => monitor.sample() !== first }, 25)
    expect(monitor.sample()).not.toBe(first)
    monitor.close()
  })

  test('orders its quantiles and keeps utilisation between 0 and 1', async () => {
    const monitor = createEventLoopMonitor(createFakeClock())
    const empty = monitor.sample()
    await block({ seen: () => monitor.sample() !== empty }, 25)
    const { min, p50, p90, p99, max, mean, utilization } = monitor.sample()
    expect([min, p50, p90, p99, max]).toEqual([min, p50, p90, p99, max].toSorted((a, b) => a - b))
    expect(mean).toBeGreaterThanOrEqual(min)
    expect(mean).toBeLessThanOrEqual(max)
    expect(utilization).toBeGreaterThanOrEqual(0)
    expect(utilization).toBeLessThanOrEqual(1)
    monitor.close()
  })
})
