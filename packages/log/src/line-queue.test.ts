import { describe, expect, test } from 'vitest'
import { LineQueue } from './line-queue.ts'

function add(queue: LineQueue, text: string, taken = 0): number {
  // Longer than the line, as the place that lines are encoded into.
  const data = Buffer.from(`${text}what stood there before`)
  return queue.add(data, Buffer.byteLength(text), taken)
}

function contents(queue: LineQueue): string {
  let text = ''
  while (!queue.isEmpty) {
    const head = Buffer.from(queue.head())
    text += head.toString()
    queue.take(head.length)
  }
  return text
}

function someLine(index: number): string {
  return `${index} ${'x'.repeat(index % 700)}\n`
}

describe('LineQueue', () => {
  test('gives lines back in order, however often it wraps around', () => {
    const queue = new LineQueue(1_000_000)
    let added = 0
    let given = ''
    let expected = ''
    for (let round = 0; round < 20; round++) {
      for (let count = 0; count < 40 * round; count++) {
        expected += someLine(added)
        expect(add(queue, someLine(added++))).toBe(0)
      }
      for (let count = 0; count < 30 * round; count++) {
        const head = Buffer.from(queue.head())
        given += head.toString()
        queue.take(head.length)
      }
    }
    expect(given + contents(queue) === expected).toBe(true)
  })

  test('drops the oldest lines when it is full, and says how many', () => {
    // Ten lines of ten bytes, with four for the size of each.
    const queue = new LineQueue(140)
    for (let index = 0; index < 10; index++) expect(add(queue, `${index}23456789\n`)).toBe(0)
    expect(add(queue, 'a23456789\n')).toBe(1)
    expect(add(queue, 'b23456789b23456789\n')).toBe(2)
    expect(contents(queue).match(/^\w/gm)?.join('')).toBe('3456789ab')
  })

  test('drops a line that is longer than itself, with all that it made room by', () => {
    const queue = new LineQueue(100)
    add(queue, 'short\n')
    expect(add(queue, `${'x'.repeat(96)}\n`)).toBe(2)
    expect(queue.isEmpty).toBe(true)
    add(queue, 'next\n')
    expect(contents(queue)).toBe('next\n')
  })

  test('goes on within a line of which the beginning was taken', () => {
    const queue = new LineQueue(100)
    add(queue, 'first\n', 2)
    add(queue, 'second\n')
    queue.take(3)
    expect(Buffer.from(queue.head()).toString()).toBe('\n')
    expect(contents(queue)).toBe('\nsecond\n')
  })

  test('never drops a line of which the reader has the beginning', () => {
    const queue = new LineQueue(32)
    add(queue, 'torn\n', 1)
    add(queue, 'old\n')
    expect(add(queue, 'new 4567890\n')).toBe(0)
    expect(add(queue, 'newer 789\n')).toBe(2)
    expect(contents(queue)).toBe('orn\nnewer 789\n')

    add(queue, 'whole\n')
    queue.take(1)
    expect(add(queue, 'x'.repeat(24))).toBe(1)
    expect(contents(queue)).toBe('hole\n')
  })

  test('says how many lines it dropped when it is cleared', () => {
    const queue = new LineQueue(100)
    add(queue, 'torn\n', 1)
    add(queue, 'whole\n')
    expect(queue.clear()).toBe(2)
    expect(queue.isEmpty).toBe(true)
    expect(queue.clear()).toBe(0)
  })
})
