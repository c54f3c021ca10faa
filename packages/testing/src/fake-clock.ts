interface PendingTimer {
  readonly dueMs: number
  readonly sequence: number
  readonly callback: () => void
  unref(): void
}

/** A clock that stands still until a test moves it. Fits every `clock` option of the project. */
export interface FakeClock {
  now(): number
  monotonic(): number
  setTimeout(callback: () => void, delayMs: number): { unref(): void }
  clearTimeout(handle: { unref(): unknown } | undefined): void
  /**
   * Moves time on and fires what falls due, in order; promises settled by one timer are followed before the next fires.
   *
   * @param durationMs milliseconds, 0 or more
   */
  advance(durationMs: number): Promise<void>
  /** Number of timers that wait; 0 shows that nothing was left behind. */
  readonly pendingCount: number
}

/**
 * Makes a {@link FakeClock}.
 *
 * @param startMs milliseconds since 1970 at which it starts
 */
export function createFakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsedMs = 0
  let sequence = 0
  const timers = new Set<PendingTimer>()
  return {
    now: () => startMs + elapsedMs,
    monotonic: () => elapsedMs,
    setTimeout(callback, delayMs) {
      const timer = { dueMs: elapsedMs + Math.max(0, delayMs), sequence: sequence++, callback, unref() {} }
      timers.add(timer)
      return timer
    },
    clearTimeout(handle) {
      timers.delete(handle as PendingTimer) // handles are always timers made above, or undefined
    },
    async advance(durationMs) {
      const targetMs = elapsedMs + durationMs
      await settle()
      for (let next = earliest(timers, targetMs); next !== undefined; next = earliest(timers, targetMs)) {
        timers.delete(next)
        elapsedMs = next.dueMs
        next.callback()
        await settle()
      }
      elapsedMs = targetMs
      await settle()
    },
    get pendingCount() {
      return timers.size
    },
  }
}

function earliest(timers: ReadonlySet<PendingTimer>, untilMs: number): PendingTimer | undefined {
  let found: PendingTimer | undefined
  for (const timer of timers) {
    if (timer.dueMs > untilMs) continue
    if (
      found === undefined ||
      timer.dueMs < found.dueMs ||
      (timer.dueMs === found.dueMs && timer.sequence < found.sequence)
    ) {
      found = timer
    }
  }
  return found
}

/** Lets every promise that is already settled run its followers: a turn of the loop runs all microtasks. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
