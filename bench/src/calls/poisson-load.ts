/** One call of a load. */
export interface Shot {
  /** Milliseconds since the load began. */
  readonly beganMs: number
  readonly durationMs: number
  /** `undefined` when the call failed. */
  readonly answer: string | undefined
}

/**
 * Makes calls at random moments, as many users do, whatever becomes of the earlier ones; waits for the last.
 *
 * @param random decides over the moments
 * @returns the calls in the order in which they began
 */
export async function poissonLoad(
  call: () => Promise<string>,
  ratePerSecond: number,
  durationMs: number,
  random: () => number,
): Promise<readonly Shot[]> {
  const startedAt = performance.now()
  const shots: Promise<Shot>[] = []
  for (let dueMs = 0; ; ) {
    dueMs -= (Math.log(1 - random()) * 1_000) / ratePerSecond
    if (dueMs >= durationMs) break
    const waitMs = startedAt + dueMs - performance.now()
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs))
    shots.push(shoot())
  }
  return Promise.all(shots)

  async function shoot(): Promise<Shot> {
    const beganAt = performance.now()
    const answer = await call().catch(() => undefined)
    return { beganMs: beganAt - startedAt, durationMs: performance.now() - beganAt, answer }
  }
}
