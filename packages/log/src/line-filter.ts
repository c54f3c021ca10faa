import type { Clock } from '@keelson/core/clock'
import type { RequestContext } from '@keelson/core/context'
import { BurstLimit, type BurstLimitOptions } from './burst-limit.ts'
import { createSampling } from './sampling.ts'

/** Options of {@link LineFilter}. */
export interface LineFilterOptions {
  readonly clock: Clock
  /** Told of what a burst limit has left out. */
  readonly onSuppressed: BurstLimitOptions['onSuppressed']
}

/** pino's number of the level from which nothing is sampled. */
const warnLevel = 40

/** pino's number of the level from which nothing is limited. */
const fatalLevel = 60

/** What a log leaves out: lines of requests that are not sampled, and of messages that come too often. Both can change at any time. */
export class LineFilter {
  /** Whether anything can be left out. A plain property: every log call looks at it, most of them in vain. */
  isOn = false
  /** Share of requests whose lines are written. */
  sampleRatio = 1
  readonly #options: LineFilterOptions
  #isSampled: ((requestId: string) => boolean) | undefined
  #bursts: BurstLimit | undefined
  #burstCount: number | undefined

  constructor(options: LineFilterOptions) {
    this.#options = options
  }

  /** @param ratio 0 to 1; 1: all requests have their lines */
  setSampleRatio(ratio: number): void {
    this.sampleRatio = ratio
    this.#isSampled = ratio < 1 ? createSampling(ratio) : undefined
    this.#setOn()
  }

  /**
   * Begins a new ten seconds, unless the count is the one in force. What was left out so far is told at once.
   *
   * @param count lines of one message in ten seconds; `undefined`: no limit
   */
  setBurstLimit(count: number | undefined): void {
    if (count === this.#burstCount) return
    const before = this.#bursts
    this.#burstCount = count
    this.#bursts = count === undefined ? undefined : new BurstLimit({ ...this.#options, maxCount: count })
    this.#setOn()
    // Last: what is told of is a line, and the new limit is in force for it.
    before?.close()
  }

  /** Whether a line is left out because its request is not sampled. */
  leavesOutRequest(level: number, requestId: string): boolean {
    return this.#isSampled !== undefined && level < warnLevel && !this.#isSampled(requestId)
  }

  /**
   * Whether a line is left out because its message came too often; counts it either way.
   *
   * @param args what the logger was called with: messages are told apart before their arguments are put in
   */
  leavesOutMessage(level: number, args: readonly unknown[]): boolean {
    if (this.#bursts === undefined || level >= fatalLevel) return false
    const message = args.find((value) => typeof value === 'string')
    return message !== undefined && !this.#bursts.passes(message, level)
  }

  /** What a line says of the share that it stands for; `undefined` when it stands for itself alone. */
  rateOf(level: number, context: RequestContext | undefined): number | undefined {
    return this.sampleRatio < 1 && level < warnLevel && context !== undefined ? this.sampleRatio : undefined
  }

  /** Tells of what was left out so far. */
  close(): void {
    this.#bursts?.close()
  }

  #setOn(): void {
    this.isOn = this.#isSampled !== undefined || this.#bursts !== undefined
  }
}
