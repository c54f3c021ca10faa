import type { Clock } from '@keelson/core/clock'
import type { Classification } from './classification.ts'
import { EndpointScore } from './endpoint-score.ts'
import { RollingWindow } from './rolling-window.ts'

/** When an endpoint gets no more calls for a while, and how it comes back. */
export interface EndpointPolicy {
  /**
   * Failures in a row that eject an endpoint.
   *
   * @range whole number, 1 to 1,000
   * @defaultValue 5 — Envoy; 2, 3 and 10 made no difference beyond noise (simulated 2026-11)
   */
  readonly consecutiveFailures?: number
  /**
   * Share of failures among the completed calls of the window above which an endpoint is ejected.
   *
   * @range above 0, up to 1
   * @defaultValue 0.5
   */
  readonly failureRatio?: number
  /**
   * Completed calls that the window must hold before `failureRatio` counts.
   *
   * @range whole number, 1 or more
   * @defaultValue 20
   */
  readonly minimumThroughput?: number
  /**
   * Length of the window in milliseconds.
   *
   * @range 100 to 600,000
   * @defaultValue 10,000
   */
  readonly samplingMs?: number
  /**
   * Time in milliseconds of the first ejection, ± 10 %; each further one in a row is longer by as much.
   *
   * @range 10 to 600,000
   * @defaultValue 5,000
   */
  readonly ejectMs?: number
  /**
   * Longest ejection in milliseconds, ± 10 %.
   *
   * @range `ejectMs` to 3,600,000
   * @defaultValue 60,000
   */
  readonly maxEjectMs?: number
  /**
   * Share of the endpoints that may be ejected at the same time, rounded up. All of them never are.
   *
   * @range 0 to 1
   * @defaultValue 0.33 — one of three; with 0.5, two of three, an overloaded survivor was ejected beside a broken replica, and
   * the last one drowned: 38–100 % of the calls succeeded in place of 93–100 %
   * @see docs/decisions/0005-eject-a-third-of-the-endpoints.md
   */
  readonly maxEjectedRatio?: number
  /**
   * Time in milliseconds in which the share of a new endpoint, and of one that comes back, grows from a tenth to the whole.
   *
   * @range 0 to 600,000
   * @defaultValue 10,000
   */
  readonly slowStartMs?: number
}

/** The numbers of endpoints for which nothing else is said. */
export const endpointDefaults: Required<EndpointPolicy> = Object.freeze({
  consecutiveFailures: 5,
  failureRatio: 0.5,
  minimumThroughput: 20,
  samplingMs: 10_000,
  ejectMs: 5_000,
  maxEjectMs: 60_000,
  maxEjectedRatio: 0.33,
  slowStartMs: 10_000,
})

/** Why an endpoint was ejected: failures in a row, their share, or the failure of the call that was to bring it back. */
export type EjectionReason = 'consecutive' | 'ratio' | 'probe'

/** `warming`: its share still grows. `probing`: its ejection is over, and one call decides. */
export type EndpointCondition = 'up' | 'warming' | 'ejected' | 'probing'

/** Share of a new endpoint at first. */
const firstWeight = 0.1

/** Ejections differ by this share in both directions, so that clients do not return all at once. */
const ejectJitterRatio = 0.1

/** One endpoint: what is known of its speed, and whether it takes part. */
export class Endpoint {
  readonly key: string
  readonly score: EndpointScore
  outstandingCount = 0
  readonly #clock: Clock
  readonly #random: () => number
  #policy: Required<EndpointPolicy>
  #window: RollingWindow
  #failuresInARow = 0
  #ejectionsInARow = 0
  /** Monotonic end of the ejection; 0 when it is not ejected. */
  #ejectedUntil = 0
  #probing = false
  #warmSince: number

  /** @param warm whether it gets its whole share at once */
  constructor(key: string, options: EndpointOptions, warm: boolean) {
    this.key = key
    this.score = new EndpointScore(options.penaltyMs)
    this.#policy = options.policy
    this.#clock = options.clock
    this.#random = options.random
    this.#window = new RollingWindow(options.policy.samplingMs)
    this.#warmSince = warm ? -Infinity : options.clock.monotonic()
  }

  /** Takes other numbers from now on. */
  tune({ policy, penaltyMs }: EndpointSettings): void {
    if (policy.samplingMs !== this.#policy.samplingMs) {
      this.#window = this.#window.resized(this.#clock.monotonic(), policy.samplingMs)
    }
    this.#policy = policy
    this.score.penaltyMs = penaltyMs
  }

  get ejected(): boolean {
    return this.#ejectedUntil > 0
  }

  /** Whether its last call succeeded, or there was none. */
  get doesWell(): boolean {
    return this.#failuresInARow === 0
  }

  get condition(): EndpointCondition {
    if (!this.ejected) return this.weight < 1 ? 'warming' : 'up'
    return this.#probing || this.overdueMs >= 0 ? 'probing' : 'ejected'
  }

  /** Share of its share that it gets, above 0 and up to 1. */
  get weight(): number {
    const { slowStartMs } = this.#policy
    const warmMs = this.#clock.monotonic() - this.#warmSince
    return warmMs >= slowStartMs ? 1 : firstWeight + (1 - firstWeight) * (warmMs / slowStartMs)
  }

  /** Milliseconds since the ejection ended; negative before. */
  get overdueMs(): number {
    return this.#clock.monotonic() - this.#ejectedUntil
  }

  /** Whether it waits for a call that shows how it is. */
  get wantsProbe(): boolean {
    return this.ejected && !this.#probing && this.overdueMs >= 0
  }

  /** A call goes to it. @returns whether it is the one that decides over its return */
  begin(): boolean {
    this.outstandingCount += 1
    if (!this.wantsProbe) return false
    this.#probing = true
    return true
  }

  /**
   * A call to it has ended.
   *
   * @param probe what {@link begin} said
   * @returns why it ought to be ejected, `restored` when it came back, else `undefined`
   */
  end(
    { breaker, outcome }: Classification,
    durationMs: number,
    probe: boolean,
  ): EjectionReason | 'restored' | undefined {
    const now = this.#clock.monotonic()
    this.outstandingCount -= 1
    if (probe) this.#probing = false
    this.#observe(now, breaker === 'neutral' && outcome !== 'rejected', durationMs)
    if (outcome === 'rejected') this.score.count(now, false)
    if (breaker === 'neutral') return undefined
    this.score.count(now, breaker === 'success')
    this.#window.record(now, breaker === 'failure')
    if (breaker === 'failure') return this.#failed(now, probe)
    this.#failuresInARow = 0
    if (probe && this.ejected) {
      this.restore()
      return 'restored'
    }
    if (!this.ejected && this.weight === 1) this.#ejectionsInARow = 0
    return undefined
  }

  /** Takes it out for a while. */
  eject(): void {
    const { ejectMs, maxEjectMs } = this.#policy
    this.#ejectionsInARow += 1
    const planned = Math.min(maxEjectMs, ejectMs * this.#ejectionsInARow)
    const jitter = 1 - ejectJitterRatio + 2 * ejectJitterRatio * this.#random()
    this.#ejectedUntil = this.#clock.monotonic() + planned * jitter
    this.#probing = false
    this.#forget()
  }

  /** Takes it in again; its share grows from a tenth. */
  restore(): void {
    this.#ejectedUntil = 0
    this.#probing = false
    this.score.forgive()
    this.#warmSince = this.#clock.monotonic()
    this.#forget()
  }

  #observe(now: number, endedEarly: boolean, durationMs: number): void {
    // A call that was given up would have taken longer: it can only make the endpoint look slower.
    if (!endedEarly || durationMs > this.score.latencyMs(now)) this.score.observe(now, durationMs)
  }

  #failed(now: number, probe: boolean): EjectionReason | undefined {
    this.#failuresInARow += 1
    // Calls that were under way when it was ejected say nothing new.
    if (this.ejected) return probe ? 'probe' : undefined
    const { consecutiveFailures, failureRatio, minimumThroughput } = this.#policy
    if (this.#failuresInARow >= consecutiveFailures) return 'consecutive'
    const { callCount, failureCount } = this.#window.counts(now)
    return callCount >= minimumThroughput && failureCount / callCount > failureRatio ? 'ratio' : undefined
  }

  #forget(): void {
    this.#failuresInARow = 0
    this.#window.reset()
  }
}

/** The numbers that endpoints of one dependency have in common. */
export interface EndpointSettings {
  readonly policy: Required<EndpointPolicy>
  /** What a useless answer counts as in the choice, in milliseconds. */
  readonly penaltyMs: number
}

/** What endpoints of one dependency have in common. */
export interface EndpointOptions extends EndpointSettings {
  readonly clock: Clock
  readonly random: () => number
}
