import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { subscribe, type WorkCompleted } from '../channels/index.ts'
import { currentContext } from '../context/index.ts'
import { createWorkTracker } from './work.ts'

function make() {
  const clock = createFakeClock()
  return { clock, tracker: createWorkTracker({ service: 'work-test', kind: 'worker', name: 'mails', clock }) }
}

describe('createWorkTracker', () => {
  it('runs work in a context of its own, with the id of its message where that is acceptable', async () => {
    const { tracker } = make()
    const seen = await Promise.all([
      tracker.run(async () => currentContext()?.requestId, { requestId: 'message-1' }),
      tracker.run(async ({ requestId }) => [requestId, currentContext()?.requestId], {
        requestId: 'evil"\n',
      }),
    ])
    expect(seen[0]).toBe('message-1')
    expect(seen[1]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), (seen[1] as string[])[0]])
  })

  it('carries the log of its service', async () => {
    const log = {}
    const tracker = createWorkTracker({ service: 'work-test', kind: 'job', name: 'tidy', log })
    expect(await tracker.run(() => currentContext()?.log)).toBe(log)
  })

  it('publishes how each piece ended, and throws on what it threw', async () => {
    const facts: WorkCompleted[] = []
    const unsubscribe = subscribe('keelson.work.completed', (fact) => facts.push(fact))
    const { tracker } = make()
    await tracker.run(() => 'ok')
    const error = new Error('no such mailbox')
    await expect(tracker.run(() => Promise.reject(error))).rejects.toBe(error)
    unsubscribe()
    expect(facts).toMatchObject([
      { kind: 'worker', name: 'mails', outcome: 'success' },
      { kind: 'worker', name: 'mails', outcome: 'failure' },
    ])
    expect(tracker.inFlightCount).toBe(0)
  })

  it('waits for work under way, and takes no new one', async () => {
    const { clock, tracker } = make()
    const release = Promise.withResolvers<void>()
    const working = tracker.run(() => release.promise)
    const closing = tracker.close(clock.monotonic() + 1_000)
    await expect(tracker.run(() => 'late')).rejects.toThrow(
      expect.objectContaining({ code: 'KEELSON_LIFECYCLE_STOPPING', retryable: true }),
    )
    release.resolve()
    await working
    expect(await closing).toEqual([])
    expect(clock.pendingCount).toBe(0)
  })

  it('aborts what is left at the deadline, and names it', async () => {
    const { clock, tracker } = make()
    let signal: AbortSignal | undefined
    void tracker.run(
      (work) => {
        signal = work.signal
        return new Promise(() => {})
      },
      { requestId: 'message-2' },
    )
    const closing = tracker.close(clock.monotonic() + 1_000)
    await clock.advance(999)
    expect(signal?.aborted).toBe(false)
    await clock.advance(1)
    expect(await closing).toMatchObject([{ requestId: 'message-2', route: 'worker mails' }])
    expect(signal?.aborted).toBe(true)
  })

  it('ends at once when idle', async () => {
    const { clock, tracker } = make()
    expect(await tracker.close(clock.monotonic() + 1_000)).toEqual([])
    expect(clock.pendingCount).toBe(0)
  })
})
