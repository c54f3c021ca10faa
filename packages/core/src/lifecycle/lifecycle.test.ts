import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { subscribe, type LifecycleChanged } from '../channels/index.ts'
import { createHealth } from '../health/index.ts'
import type { InboundRequest, ServerDrain } from '../http/index.ts'
import { createLifecycle, type LifecycleOptions } from './lifecycle.ts'

function make(options: Partial<LifecycleOptions> = {}) {
  const clock = createFakeClock()
  const health = createHealth({ service: 'life-test', clock })
  const events: string[] = []
  const at = (what: string) => events.push(`${clock.monotonic()} ${what}`)
  const lifecycle = createLifecycle({ service: 'life-test', health, clock, ...options })
  const drain = {
    announce: () => at('announce'),
    close: async (deadlineMs: number) => {
      at(`close until ${deadlineMs}`)
      return cut
    },
  } as unknown as ServerDrain // the two methods that a lifecycle calls
  let cut: readonly InboundRequest[] = []
  lifecycle.serve(drain)
  return {
    clock,
    health,
    lifecycle,
    events,
    at,
    cutting: (requests: readonly InboundRequest[]) => (cut = requests),
  }
}

describe('createLifecycle', () => {
  it('announces at once, closes after the drain delay, then runs closers in reverse order', async () => {
    const { clock, health, lifecycle, events, at } = make({ drainDelayMs: 5_000, gracePeriodMs: 25_000 })
    lifecycle.onClose('pool', () => void at('pool'))
    lifecycle.onClose('consumer', () => void at('consumer'))
    lifecycle.markStarted()
    const stopping = lifecycle.stop({ reason: 'SIGTERM' })
    expect(health.readiness().reasons).toContain('draining')
    expect(lifecycle.phase).toBe('draining')
    await clock.advance(30_000)
    expect(await stopping).toMatchObject({ reason: 'SIGTERM', exitCode: 0, cut: [], failures: [] })
    expect(events).toEqual(['0 announce', '5000 close until 23000', '5000 consumer', '5000 pool'])
    expect(clock.pendingCount).toBe(0)
  })

  it('leaves the drain delay out when it never started, and after an uncaught error', async () => {
    const early = make({ drainDelayMs: 5_000 })
    await early.lifecycle.stop({ reason: 'SIGTERM' })
    expect(early.events[1]).toMatch(/^0 close/)
    const late = make({ drainDelayMs: 5_000 })
    late.lifecycle.markStarted()
    const report = await late.lifecycle.stop({ reason: 'uncaught error', exitCode: 1, withinMs: 10_000 })
    expect(late.events[1]).toBe('0 close until 8000')
    expect(report.exitCode).toBe(1)
  })

  it('ends with 70 when requests were cut', async () => {
    const { lifecycle, cutting } = make()
    cutting([{ requestId: 'abc-1' } as InboundRequest]) // only counted here
    expect(await lifecycle.stop({ reason: 'SIGTERM' })).toMatchObject({
      exitCode: 70,
      cut: [{ requestId: 'abc-1' }],
    })
  })

  it('leaves a closer that hangs behind at the end of the budget, and ends with 70', async () => {
    const { clock, lifecycle, events, at } = make({ gracePeriodMs: 1_000 })
    lifecycle.onClose('last', () => void at('last'))
    lifecycle.onClose('stuck', () => new Promise(() => {}))
    const stopping = lifecycle.stop({ reason: 'SIGTERM' })
    await clock.advance(2_000)
    expect(await stopping).toMatchObject({
      exitCode: 70,
      failures: [
        { name: 'stuck', error: expect.objectContaining({ code: 'KEELSON_LIFECYCLE_STOP_TIMEOUT' }) },
      ],
    })
    expect(events).toContain('1000 last')
    expect(clock.pendingCount).toBe(0)
  })

  it('goes on after a closer that throws, and reports it', async () => {
    const { lifecycle, events, at } = make()
    const error = new Error('pool is gone')
    lifecycle.onClose('last', () => void at('last'))
    lifecycle.onClose('pool', () => Promise.reject(error))
    expect(await lifecycle.stop({ reason: 'SIGTERM' })).toMatchObject({
      exitCode: 0,
      failures: [{ name: 'pool', error }],
    })
    expect(events).toContain('0 last')
  })

  it('stops once, whoever asks', async () => {
    const { lifecycle, events } = make()
    const first = lifecycle.stop({ reason: 'SIGTERM' })
    expect(lifecycle.stop({ reason: 'again' })).toBe(first)
    await first
    expect(events.filter((event) => event.endsWith('announce'))).toHaveLength(1)
  })

  it('publishes its phases, and never goes back to started', async () => {
    const phases: LifecycleChanged[] = []
    const unsubscribe = subscribe('keelson.lifecycle.changed', (fact) => phases.push(fact))
    const { lifecycle } = make()
    lifecycle.markStarted()
    await lifecycle.stop({ reason: 'SIGINT' })
    lifecycle.markStarted()
    unsubscribe()
    expect(phases.map(({ phase }) => phase)).toEqual(['started', 'draining', 'closing', 'stopped'])
    expect(lifecycle.phase).toBe('stopped')
  })

  it.each([
    { drainDelayMs: 25_000, gracePeriodMs: 25_000 },
    { drainDelayMs: -1 },
    { gracePeriodMs: Number.POSITIVE_INFINITY },
    { graceMs: 1 },
  ])('refuses the options %j', (options) => {
    expect(() => make(options)).toThrow(
      expect.objectContaining({ code: 'KEELSON_LIFECYCLE_OPTIONS_INVALID' }),
    )
  })
})
