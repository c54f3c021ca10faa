import { isKeelsonError } from '@keelson/core/errors'
import { createFakeClock } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { createStdoutDestination, type StdoutDestinationOptions } from './stdout-destination.ts'

/** A pipe with room for so many bytes, that can break. */
function fakeOutput() {
  const state = {
    room: Number.POSITIVE_INFINITY,
    error: '',
    waitedMs: 0,
    tries: 0,
    isClosed: false,
    onWait() {},
  }
  const chunks: Uint8Array[] = []
  return {
    state,
    text: () => Buffer.concat(chunks).toString(),
    system: {
      write(data: Uint8Array, length: number): number {
        state.tries++
        if (state.error !== '') throw Object.assign(new Error(state.error), { code: state.error })
        if (state.room === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' })
        const taken = Math.min(length, state.room)
        state.room -= taken
        chunks.push(data.slice(0, taken))
        return taken
      },
      wait(durationMs: number) {
        state.waitedMs += durationMs
        state.onWait()
      },
      close() {
        state.isClosed = true
      },
    },
  }
}

function create(options: StdoutDestinationOptions = {}) {
  const clock = createFakeClock()
  const output = fakeOutput()
  const dropped: [string, number][] = []
  const destination = createStdoutDestination({
    clock,
    system: output.system,
    onDropped: (reason, count) => void dropped.push([reason, count]),
    ...options,
  })
  return { ...output, clock, dropped, destination }
}

/** A line of 100 bytes. */
const numbered = (index: number) => `${String(index).padStart(99, '0')}\n`

const exitListeners = () => process.listenerCount('exit')

describe('createStdoutDestination', () => {
  test('has a line in the system when the call returns', () => {
    const { destination, text, clock } = create()
    destination.write('one é\n')
    expect(text()).toBe('one é\n')
    expect(clock.pendingCount).toBe(0)
  })

  test('writes a line that is longer than its own room', () => {
    const { destination, text } = create()
    const long = `${'é'.repeat(50_000)}\n`
    destination.write(long)
    expect(text()).toBe(long)
  })

  test('gives a reader that is only slow the time to make room', () => {
    const { destination, state, text } = create()
    state.room = 0
    state.onWait = () => {
      if (state.waitedMs === 3) state.room = 100
    }
    destination.write('a line\n')
    expect(text()).toBe('a line\n')
    expect(state.waitedMs).toBe(3)
  })

  test('waits 20 ms in a second at the most, then holds lines back', async () => {
    const { destination, state, text, clock } = create()
    state.room = 0
    for (let index = 0; index < 50; index++) destination.write(`${index}\n`)
    expect(state.waitedMs).toBe(20)
    await clock.advance(900)
    expect(state.waitedMs).toBe(20)
    expect(text()).toBe('')
  })

  test('counts the time that was lost, not the time that was asked for', () => {
    let lost = 0
    const clock = { ...createFakeClock(), monotonic: () => lost }
    const { destination, state } = create({ clock })
    state.room = 0
    state.onWait = () => void (lost += 7)
    destination.write('a\n')
    expect(state.waitedMs).toBe(3)
  })

  test('may wait again in the next second', async () => {
    const { destination, state, clock } = create()
    state.room = 0
    destination.write('a\n')
    state.room = 100
    await clock.advance(1001)
    state.room = 0
    destination.write('b\n')
    expect(state.waitedMs).toBe(40)
  })

  test('writes lines that were held back when the reader returns, in order', async () => {
    const { destination, state, text, clock } = create()
    const before = exitListeners()
    state.room = 0
    for (let index = 0; index < 5; index++) destination.write(`${index}\n`)
    expect(exitListeners()).toBe(before + 1)
    state.room = Number.POSITIVE_INFINITY
    await clock.advance(10)
    destination.write('last\n')
    expect(text()).toBe('0\n1\n2\n3\n4\nlast\n')
    expect(clock.pendingCount).toBe(0)
    expect(exitListeners()).toBe(before)
  })

  test('does not overtake lines that wait when the reader returns between two calls', async () => {
    const { destination, state, text, clock } = create()
    state.room = 0
    destination.write('first\n')
    state.room = Number.POSITIVE_INFINITY
    destination.write('second\n')
    expect(text()).toBe('')
    await clock.advance(10)
    expect(text()).toBe('first\nsecond\n')
  })

  test('goes on within a line of which only the beginning was taken', async () => {
    const { destination, state, text, clock } = create()
    state.room = 4
    destination.write('größe\n')
    destination.write('next\n')
    state.room = Number.POSITIVE_INFINITY
    await clock.advance(10)
    expect(text()).toBe('größe\nnext\n')
  })

  test('asks a pipe that is full once in 10 ms, not once a line', () => {
    const { destination, state } = create()
    state.room = 0
    destination.write('a\n')
    const tries = state.tries
    for (let index = 0; index < 1000; index++) destination.write('b\n')
    expect(state.tries).toBe(tries)
  })

  test('drops the oldest lines beyond its bound, and counts every one', async () => {
    const { destination, state, text, clock, dropped } = create({ maxQueueBytes: 65_536 })
    state.room = 0
    for (let index = 0; index < 1000; index++) destination.write(numbered(index))
    state.room = Number.POSITIVE_INFINITY
    await clock.advance(10)
    const written = text().split('\n').length - 1
    // 65,536 bytes hold 630 lines of 100 and 4 bytes.
    expect(written).toBe(630)
    expect(text().startsWith(numbered(370))).toBe(true)
    expect(dropped.every(([reason]) => reason === 'queue-full')).toBe(true)
    expect(dropped.reduce((sum, [, count]) => sum + count, 0)).toBe(370)
  })

  test('tells of dropped lines at once, then once in ten seconds, and when the reader is back', async () => {
    const { destination, state, clock, dropped } = create({ maxQueueBytes: 65_536 })
    state.room = 0
    const line = `${'x'.repeat(999)}\n`
    for (let index = 0; index < 67; index++) destination.write(line)
    expect(dropped).toEqual([['queue-full', 1]])
    for (let second = 0; second < 15; second++) {
      destination.write(line)
      await clock.advance(1000)
    }
    expect(dropped).toHaveLength(2)
    state.room = Number.POSITIVE_INFINITY
    await clock.advance(10)
    expect(dropped).toHaveLength(3)
    expect(dropped.reduce((sum, [, count]) => sum + count, 0)).toBe(67 + 15 - 65)
  })

  test('survives an output that is gone, and looks once in a second whether it is back', async () => {
    const { destination, state, text, clock, dropped } = create()
    state.error = 'EPIPE'
    for (let index = 0; index < 100; index++) destination.write('lost\n')
    expect(state.tries).toBe(1)
    expect(dropped).toEqual([['EPIPE', 1]])
    await clock.advance(1000)
    destination.write('lost\n')
    expect(state.tries).toBe(2)
    state.error = ''
    await clock.advance(1000)
    destination.write('found\n')
    expect(text()).toBe('found\n')
    expect(dropped.reduce((sum, [, count]) => sum + count, 0)).toBe(101)
  })

  test('drops what waits when the output breaks', async () => {
    const { destination, state, clock, dropped } = create()
    state.room = 0
    destination.write('a\n')
    destination.write('b\n')
    state.error = 'EPIPE'
    await clock.advance(10)
    expect(dropped).toEqual([['EPIPE', 2]])
    expect(clock.pendingCount).toBe(0)
  })

  test('may be told to write by those who are told of dropped lines', () => {
    const { destination, state, text } = create({
      onDropped: (reason, count) => destination.write(`${count} ${reason}\n`),
    })
    state.error = 'ENOSPC'
    destination.write('lost\n')
    state.error = ''
    destination.flush?.()
    expect(text()).toBe('')
  })

  test('flushes what waits, for half a second at the most', () => {
    let now = 0
    const clock = { ...createFakeClock(), monotonic: () => now }
    const { destination, state, text } = create({ clock })
    state.room = 0
    state.onWait = () => void (now += 1)
    destination.write('a\n')
    destination.write('b\n')
    const before = now
    destination.flush?.()
    expect(now - before).toBe(500)
    state.room = Number.POSITIVE_INFINITY
    now += 10
    destination.flush?.()
    expect(text()).toBe('a\nb\n')
  })

  test('closes after it has written what waits', async () => {
    const { destination, state, text, clock } = create()
    const before = exitListeners()
    state.room = 0
    destination.write('a\n')
    const closing = destination.close?.()
    await clock.advance(100)
    expect(state.isClosed).toBe(false)
    state.room = Number.POSITIVE_INFINITY
    await clock.advance(10)
    await closing
    expect(text()).toBe('a\n')
    expect(state.isClosed).toBe(true)
    expect([clock.pendingCount, exitListeners()]).toEqual([0, before])
  })

  test('closes after two seconds when the reader does not return, and says what was lost', async () => {
    const { destination, state, clock, dropped } = create()
    state.room = 0
    destination.write('a\n')
    destination.write('b\n')
    const closing = destination.close?.()
    await clock.advance(2000)
    await closing
    expect(dropped).toEqual([['closed', 2]])
    expect(clock.pendingCount).toBe(0)
  })

  test('refuses a queue that is smaller than a pipe', () => {
    let thrown: unknown
    try {
      createStdoutDestination({ maxQueueBytes: 1000 })
    } catch (error) {
      thrown = error
    }
    expect(isKeelsonError(thrown, 'KEELSON_LOG_OPTIONS_INVALID')).toBe(true)
  })
})
