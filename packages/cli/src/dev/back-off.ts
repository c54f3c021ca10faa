/** What to do about a service that has ended by itself. */
export type CrashAnswer =
  | { readonly kind: 'restart'; readonly delayMs: number }
  /** Only a change, or its user, starts it again. */
  | { readonly kind: 'wait' }

/** Settings of {@link createBackOff}. */
export const backOffDefaults = {
  /** Wait before the first start after a crash; twice as long with each further one. */
  firstMs: 1_000,
  longestMs: 30_000,
  /** Crashes in a row after which only a change helps. */
  mostCrashes: 5,
  /** A service that was up for so long has recovered from the crash before. */
  recoveredMs: 60_000,
} as const

/** Exit code of a service that wants to be started again (DESIGN §3.6). */
const RESTART_CODE = 75

/** Decides when a service that has ended by itself is started again. */
export interface BackOff {
  /**
   * @param code exit code
   * @param upMs how long it was ready; `undefined`: never
   */
  crashed(code: number | null, upMs: number | undefined): CrashAnswer
  /** Forgets the crashes: somebody has changed something. */
  reset(): void
}

/**
 * Makes a back-off. Whoever never got ready waits for a change, since starting it again would only repeat its message.
 */
export function createBackOff(): BackOff {
  const { firstMs, longestMs, mostCrashes, recoveredMs } = backOffDefaults
  let crashCount = 0
  return {
    crashed(code, upMs) {
      if (upMs === undefined) return { kind: 'wait' }
      if (upMs >= recoveredMs) crashCount = 0
      crashCount += 1
      if (crashCount > mostCrashes) return { kind: 'wait' }
      const delayMs = Math.min(longestMs, firstMs * 2 ** (crashCount - 1))
      // Asked for, so at once the first time; in a loop it is a crash like any other.
      return { kind: 'restart', delayMs: code === RESTART_CODE && crashCount === 1 ? 0 : delayMs }
    },
    reset() {
      crashCount = 0
    },
  }
}
