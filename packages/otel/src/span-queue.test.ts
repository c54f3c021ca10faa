import { createFakeClock } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { SpanQueue } from './span-queue.ts'

function setup(send: (batch: readonly number[]) => Promise<void> = async () => undefined) {
  const clock = createFakeClock()
  const batches: (readonly number[])[] = []
  const lost: [number, string][] = []
  const queue = new SpanQueue<number>({
    maxQueueCount: 6,
    maxBatchCount: 3,
    intervalMs: 1_000,
    clock,
    onLost: (count, reason) => lost.push([count, reason]),
    send: (batch) => {
      batches.push(batch)
      return send(batch)
    },
  })
  return { clock, batches, lost, queue }
}

describe('SpanQueue', () => {
  test('waits for others, and not for ever', async () => {
    const { clock, batches, queue } = setup()
    queue.add(1)
    await clock.advance(999)
    queue.add(2)
    expect(batches).toEqual([])
    await clock.advance(1)
    expect(batches).toEqual([[1, 2]])
    await clock.advance(10_000)
    expect(batches).toHaveLength(1)
    expect(clock.pendingCount).toBe(0)
  })

  test('sends a full batch at once, one at a time', async () => {
    const taken: (() => void)[] = []
    const { clock, batches, queue } = setup(() => new Promise((resolve) => taken.push(resolve)))
    for (const span of [1, 2, 3, 4, 5, 6, 7]) queue.add(span)
    expect(batches).toEqual([[1, 2, 3]])
    taken.pop()?.()
    await clock.advance(0)
    expect(batches).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
    taken.pop()?.()
    await clock.advance(1_000)
    expect(batches.at(-1)).toEqual([7])
  })

  test('loses what comes while the queue is full, and counts it', async () => {
    const { lost, batches, queue } = setup(() => new Promise(() => {}))
    for (let span = 0; span < 20; span++) queue.add(span)
    expect(batches).toEqual([[0, 1, 2]])
    // Three are under way, six wait.
    expect(lost).toEqual(Array.from({ length: 11 }, () => [1, 'queue-full']))
  })

  test('counts a batch that was not taken as lost, and goes on', async () => {
    const { clock, lost, batches, queue } = setup(() => Promise.reject(new Error('503')))
    for (const span of [1, 2, 3]) queue.add(span)
    await clock.advance(0)
    queue.add(4)
    await clock.advance(1_000)
    expect(lost).toEqual([
      [3, 'export-failed'],
      [1, 'export-failed'],
    ])
    expect(batches).toHaveLength(2)
  })

  test('flushes everything that waits, and takes no more once it is closed', async () => {
    const { clock, lost, batches, queue } = setup()
    for (const span of [1, 2, 3, 4, 5]) queue.add(span)
    await queue.flush()
    expect(batches.flat()).toEqual([1, 2, 3, 4, 5])
    queue.add(6)
    await queue.close()
    expect(batches.flat()).toEqual([1, 2, 3, 4, 5, 6])
    queue.add(7)
    expect(lost).toEqual([[1, 'queue-full']])
    expect(clock.pendingCount).toBe(0)
  })
})
