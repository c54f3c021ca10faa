import { afterEach, describe, expect, it, vi } from 'vitest'
import { createBreakerMachine } from './opossum-adapter.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe('createBreakerMachine', () => {
  it('changes its state only when it is told to', () => {
    vi.useFakeTimers()
    const machine = createBreakerMachine('catalog')
    expect(machine.state).toBe('closed')
    machine.open()
    vi.advanceTimersByTime(3_600_000)
    expect(machine.state, 'opossum must not go to half-open by itself').toBe('open')
    machine.halfOpen()
    vi.advanceTimersByTime(3_600_000)
    expect(machine.state).toBe('half-open')
    machine.open()
    expect(machine.state).toBe('open')
    machine.close()
    expect(machine.state).toBe('closed')
  })

  it('runs no timer of its own while closed or half-open, and leaves none behind when shut down', () => {
    vi.useFakeTimers()
    const machine = createBreakerMachine('catalog')
    expect(vi.getTimerCount()).toBe(0)
    machine.open()
    machine.halfOpen()
    expect(vi.getTimerCount()).toBe(0)
    machine.open()
    machine.shutdown()
    expect(vi.getTimerCount()).toBe(0)
  })
})
