import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { listenForInterrupts } from './interrupts.ts'

function createFixture() {
  const source = new EventEmitter()
  const first = new AbortController()
  const time = { ms: 0 }
  const interrupts = listenForInterrupts(first.signal, source, () => time.ms)
  return { source, first, time, interrupts }
}

describe('listenForInterrupts', () => {
  it('takes what npm hands over for the same press', () => {
    const { source, first, time, interrupts } = createFixture()
    first.abort()
    source.emit('SIGINT')
    time.ms = 400
    source.emit('SIGINT')
    expect(interrupts.stop.aborted).toBe(true)
    expect(interrupts.end.aborted).toBe(false)
    time.ms = 600
    source.emit('SIGINT')
    expect(interrupts.end.aborted).toBe(true)
  })

  it('stops when the terminal is closed', () => {
    const { source, interrupts } = createFixture()
    expect(interrupts.stop.aborted).toBe(false)
    source.emit('SIGHUP')
    expect(interrupts.stop.aborted).toBe(true)
    expect(interrupts.end.aborted).toBe(false)
  })

  it('leaves no listener', () => {
    const { source, interrupts } = createFixture()
    interrupts.close()
    expect(source.eventNames()).toEqual([])
  })
})
