/** Counts of the calls that completed within the window. */
export interface WindowCounts {
  readonly callCount: number
  readonly failureCount: number
}

/** Number of buckets that the window is cut into: the same as opossum's `rollingCountBuckets`. */
const bucketCount = 10

/**
 * Completed calls of the last while, in a ring of buckets: recording and reading cost the same however many calls
 * the window holds. (opossum adds its window up anew at each failure: 0.17 ms at 10,000 calls, opossum 10, 2026-11.)
 */
export class RollingWindow {
  /** Length of one bucket in milliseconds: the coarseness with which calls leave the window. */
  readonly bucketMs: number
  #calls = new Uint32Array(bucketCount)
  #failures = new Uint32Array(bucketCount)
  #callCount = 0
  #failureCount = 0
  #head = 0

  /** @param samplingMs length of the window in milliseconds */
  constructor(samplingMs: number) {
    this.bucketMs = samplingMs / bucketCount
  }

  /**
   * Adds one completed call.
   *
   * @param nowMs a monotonic time in milliseconds
   */
  record(nowMs: number, failed: boolean): void {
    const slot = this.#advance(nowMs)
    this.#calls[slot]! += 1 // the slot is below bucketCount
    this.#callCount += 1
    if (!failed) return
    this.#failures[slot]! += 1
    this.#failureCount += 1
  }

  /**
   * What the window holds at a moment.
   *
   * @param nowMs a monotonic time in milliseconds
   */
  counts(nowMs: number): WindowCounts {
    this.#advance(nowMs)
    return { callCount: this.#callCount, failureCount: this.#failureCount }
  }

  /**
   * A window of another length that has seen the same: what this one holds counts as completed now.
   *
   * @param nowMs a monotonic time in milliseconds
   * @param samplingMs length of the new window in milliseconds
   */
  resized(nowMs: number, samplingMs: number): RollingWindow {
    const window = new RollingWindow(samplingMs)
    const { callCount, failureCount } = this.counts(nowMs)
    const slot = window.#advance(nowMs)
    window.#calls[slot] = callCount
    window.#failures[slot] = failureCount
    window.#callCount = callCount
    window.#failureCount = failureCount
    return window
  }

  /** Forgets everything. */
  reset(): void {
    this.#calls.fill(0)
    this.#failures.fill(0)
    this.#callCount = 0
    this.#failureCount = 0
  }

  /** Drops the buckets that have grown too old, and gives the slot of the present one. */
  #advance(nowMs: number): number {
    const bucket = Math.floor(nowMs / this.bucketMs)
    const passed = bucket - this.#head
    if (passed > 0) {
      this.#head = bucket
      if (passed >= bucketCount) this.reset()
      else for (let index = bucket - passed + 1; index <= bucket; index++) this.#drop(index % bucketCount)
    }
    return this.#head % bucketCount
  }

  #drop(slot: number): void {
    this.#callCount -= this.#calls[slot]! // the slot is below bucketCount
    this.#failureCount -= this.#failures[slot]!
    this.#calls[slot] = 0
    this.#failures[slot] = 0
  }
}
