import { createFakeClock } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { ResendWindow } from './resend-window.ts'
import { ShippingQueue, type ShippedMessage } from './shipping-queue.ts'

function message(sequence: number, { bytes = 10, isImportant = false } = {}): ShippedMessage {
  return { text: String(sequence), bytes, isImportant, sequence, callback: undefined }
}

const numbers = (messages: readonly ShippedMessage[]): number[] => messages.map(({ sequence }) => sequence)

describe('ShippingQueue', () => {
  test('gives messages back in the order of their arrival, important or not', () => {
    const queue = new ShippingQueue(100, 1000)
    for (let index = 0; index < 9; index++) queue.add(message(index, { isImportant: index % 3 === 1 }))
    expect(numbers(queue.take(Number.POSITIVE_INFINITY))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect([queue.count, queue.bytes]).toEqual([0, 0])
  })

  test('drops the oldest for want of room, and important ones only when nothing else is left', () => {
    const queue = new ShippingQueue(3, 1000)
    queue.add(message(0, { isImportant: true }))
    queue.add(message(1))
    queue.add(message(2))
    expect(numbers(queue.add(message(3)))).toEqual([1])
    expect(numbers(queue.add(message(4, { isImportant: true })))).toEqual([2])
    expect(numbers(queue.add(message(5, { isImportant: true })))).toEqual([3])
    expect(numbers(queue.add(message(6, { isImportant: true })))).toEqual([0])
    expect(numbers(queue.add(message(7)))).toEqual([7])
  })

  test('is bounded by bytes too, and refuses a message that fits nowhere', () => {
    const queue = new ShippingQueue(100, 100)
    for (let index = 0; index < 10; index++) queue.add(message(index))
    expect(numbers(queue.add(message(10, { bytes: 25 })))).toEqual([0, 1, 2])
    expect(queue.bytes).toBe(95)
    expect(numbers(queue.add(message(11, { bytes: 101 })))).toContain(11)
    expect(queue.bytes).toBeLessThanOrEqual(100)
  })

  test('takes batches of at most so many bytes, each message with the byte that ends it, but never none', () => {
    const queue = new ShippingQueue(100, 1000)
    for (let index = 0; index < 4; index++) queue.add(message(index))
    queue.add(message(4, { bytes: 500 }))
    expect(numbers(queue.take(22))).toEqual([0, 1])
    expect(numbers(queue.take(32))).toEqual([2, 3])
    expect(numbers(queue.take(32))).toEqual([4])
    expect(queue.take(32)).toEqual([])
  })
})

describe('ResendWindow', () => {
  test('sends no more again than one batch, what the kernel did not take included', () => {
    const window = new ResendWindow(55, createFakeClock())
    window.remember(Array.from({ length: 10 }, (_, index) => message(index)))
    window.repeat([message(10), message(11)])
    expect(numbers(window.take())).toEqual([7, 8, 9, 10, 11])
    expect(window.waitingCount).toBe(0)
  })

  test('keeps what waits to be sent again when the next connection breaks before that', () => {
    const window = new ResendWindow(1000, createFakeClock())
    window.remember([message(1)])
    window.repeat([message(2)])
    window.repeat([])
    expect(numbers(window.take())).toEqual([1, 2])
  })
})
