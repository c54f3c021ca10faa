import { describe, expect, test } from 'vitest'
import { LineQueue } from './line-queue.ts'

function contents(queue: LineQueue): string {
  let text = ''
  while (!queue.isEmpty) {
    const head = queue.head()
    text += head.toString()
    queue.take(head.length)
  }
  return text
}

describe('LineQueue', () => {
  test('gives lines back in order, and counts their bytes', () => {
    const queue = new LineQueue()
    for (let index = 0; index < 5000; index++) queue.add(Buffer.from(`${index}\n`), 0)
    expect(queue.bytes).toBe(10 * 2 + 90 * 3 + 900 * 4 + 4000 * 5)
    expect(contents(queue)).toBe(Array.from({ length: 5000 }, (_, index) => `${index}\n`).join(''))
    expect(queue.bytes).toBe(0)
  })

  test('goes on within a line of which the beginning was taken', () => {
    const queue = new LineQueue()
    queue.add(Buffer.from('first\n'), 2)
    queue.add(Buffer.from('second\n'), 0)
    queue.take(3)
    expect(queue.head().toString()).toBe('\n')
    expect(contents(queue)).toBe('\nsecond\n')
  })

  test('never drops a line of which the reader has the beginning', () => {
    const queue = new LineQueue()
    queue.add(Buffer.from('torn\n'), 1)
    queue.add(Buffer.from('old\n'), 0)
    queue.add(Buffer.from('new\n'), 0)
    expect(queue.dropOldest()).toBe(true)
    expect(contents(queue)).toBe('orn\nnew\n')

    queue.add(Buffer.from('whole\n'), 0)
    queue.take(1)
    expect(queue.dropOldest()).toBe(false)
    expect(contents(queue)).toBe('hole\n')
  })

  test('says how many lines it dropped when it is cleared', () => {
    const queue = new LineQueue()
    queue.add(Buffer.from('torn\n'), 1)
    queue.add(Buffer.from('whole\n'), 0)
    expect(queue.clear()).toBe(2)
    expect(queue.isEmpty).toBe(true)
    expect(queue.clear()).toBe(0)
  })
})
