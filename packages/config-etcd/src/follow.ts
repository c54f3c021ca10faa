import { type Clock, sleep } from '@keelson/core/clock'
import { compareRevisions, type EtcdConnection, type EtcdReading } from './etcd3-adapter.ts'

/** A connection, and what was read over it. */
export interface OpenConnection {
  readonly connection: EtcdConnection
  readonly reading: EtcdReading
}

/** What {@link followEtcd} works with. */
export interface FollowOptions {
  /** What `load` left open, if it did. */
  readonly start: OpenConnection | undefined
  /** One attempt at the next endpoint. */
  readonly open: () => Promise<OpenConnection>
  /** Refuses a reading without the part that must be there. */
  readonly check: (reading: EtcdReading) => EtcdReading
  readonly prefixes: readonly string[]
  /** Ends the following. */
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly random: () => number
  readonly reconcileMs: number
  readonly onReading: (reading: EtcdReading) => void
  readonly onReachable: (up: boolean) => void
}

/** Between two reads on one connection: 20 reads a second at most, however fast others write. */
const readSpacingMs = 50

/** Bounds of the pause before the next attempt to connect; full jitter. Its end is what recovery can be late by. */
const firstPauseMs = 100
const longestPauseMs = 2_000

/** Longest wait for etcd to confirm a watch; the deadline of calls does not apply to streams. */
const watchReadyMs = 5_000

/**
 * Follows etcd until the signal: read, watch from there, read again whenever the watch reports a change and every
 * minute besides. After any trouble the connection is thrown away and everything starts over with the next endpoint.
 * Never rejects.
 */
export async function followEtcd(options: FollowOptions): Promise<void> {
  const { signal, clock, random } = options
  let current = options.start
  let up = current !== undefined
  let failureCount = 0
  const reach = (now: boolean) => {
    if (now !== up && !signal.aborted) options.onReachable(now)
    up = now
  }
  while (!signal.aborted) {
    let steady = false
    try {
      if (current === undefined) {
        current = await options.open()
        if (!signal.aborted) options.onReading(current.reading)
      }
      reach(true)
      if (!signal.aborted) steady = await session(current, options)
    } catch {
      // The end of a watch alone says little: only what fails to be read is out of reach.
      reach(false)
    }
    current?.connection.close()
    current = undefined
    failureCount = steady ? 0 : failureCount + 1
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** failureCount) * random()
    await sleep(unreferenced(clock), pauseMs, signal).catch(nothing)
  }
}

/**
 * One watch and the reads that it causes. Rejects when a read fails.
 *
 * @returns when the watch or the signal ends: whether etcd had confirmed the watch
 */
async function session({ connection, reading }: OpenConnection, options: FollowOptions): Promise<boolean> {
  const { signal, clock, random, reconcileMs } = options
  const isReadable = (_: string, index: number) => reading.ranges[index] !== undefined
  const state = { ready: false, changed: false, over: false, wake: nothing }
  let held = reading.revision
  const end = () => {
    state.over = true
    connection.close()
    state.wake()
  }
  signal.addEventListener('abort', end)
  const readyTimer = clock.setTimeout(end, watchReadyMs)
  readyTimer.unref()
  connection.watch(options.prefixes.filter(isReadable), held, {
    ready() {
      state.ready = true
      clock.clearTimeout(readyTimer)
    },
    changed(revision) {
      if (compareRevisions(revision, held) <= 0) return
      state.changed = true
      state.wake()
    },
    ended: end,
  })
  try {
    while (!state.over) {
      if (!state.changed) {
        // ± 20 %, so that the replicas of a service do not read in step.
        await wakened(clock, reconcileMs * (0.8 + 0.4 * random()), state)
      }
      if (state.over) break
      state.changed = false
      const next = options.check(await connection.read(options.prefixes))
      if (signal.aborted) break
      held = next.revision
      options.onReading(next)
      // A prefix that came into reach or out of it needs another watch.
      if (next.ranges.some((range, index) => (range === undefined) === isReadable('', index))) break
      await sleep(unreferenced(clock), readSpacingMs, signal).catch(nothing)
    }
    return state.ready
  } finally {
    clock.clearTimeout(readyTimer)
    signal.removeEventListener('abort', end)
  }
}

function nothing(): void {}

/** Waits until somebody calls `target.wake`, or for the given time. */
function wakened(clock: Clock, timeoutMs: number, target: { wake: () => void }): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(resolve, timeoutMs)
    timer.unref()
    target.wake = () => {
      clock.clearTimeout(timer)
      resolve()
    }
  })
}

/** The same clock, with timers that do not keep the process alive: following is never the reason to run. */
function unreferenced(clock: Clock): Clock {
  return {
    ...clock,
    setTimeout(callback, delayMs) {
      const timer = clock.setTimeout(callback, delayMs)
      timer.unref()
      return timer
    },
  }
}
