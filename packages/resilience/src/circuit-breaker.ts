import { type BreakerForced, type BreakerState, channel } from '@keelson/core/channels'
import { systemClock, type TimerHandle } from '@keelson/core/clock'
import { checkOptions, type KeelsonError, optionRules, stacklessError } from '@keelson/core/errors'
import {
  type BreakerPolicy,
  breakerRules,
  checkBreakerPolicy,
  completeBreakerPolicy,
} from './breaker-policy.ts'
import { BreakerRamp } from './breaker-ramp.ts'
import type {
  BreakerOutcome,
  CircuitBreaker,
  CircuitBreakerOptions,
  ForceOptions,
} from './circuit-breaker-types.ts'
import type { BreakerMachine } from './opossum-adapter.ts'
import { RollingWindow, type WindowCounts } from './rolling-window.ts'

/**
 * Makes a circuit breaker on opossum, which is loaded at the first use of this function. Publishes `keelson.breaker.changed`
 * and `keelson.breaker.forced`.
 *
 * @throws KEELSON_RESILIENCE_OPTIONS_INVALID, synchronously
 */
export function circuitBreaker(options: CircuitBreakerOptions): Promise<CircuitBreaker> {
  checkOptions('KEELSON_RESILIENCE_OPTIONS_INVALID', 'circuitBreaker', options, {
    ...breakerRules(options),
    service: optionRules.string,
    dependency: optionRules.string,
    operation: optionRules.string,
    clock: optionRules.object,
    random: optionRules.function,
  })
  return loadBreakers().then((make) => make(options))
}

/** Makes a breaker at once, of options that have been checked. */
export type BreakerFactory = (options: CircuitBreakerOptions) => CircuitBreaker

/** Loads opossum, which is not loaded before. */
export async function loadBreakers(): Promise<BreakerFactory> {
  const { createBreakerMachine } = await import('./opossum-adapter.ts')
  return (options) => new WindowedBreaker(options, createBreakerMachine(options.dependency))
}

/** The options of a breaker, complete. */
type BreakerSettings = Required<Omit<CircuitBreakerOptions, 'operation'>>

/** The error of a call that an open circuit refused. Ten frames of its stack end in the client: they never named who called. */
export function circuitOpenError(
  dependency: string,
  { state, operation, admittedRatio, retryAfterMs }: CircuitBreaker,
): KeelsonError {
  const whose = operation === undefined ? dependency : `${dependency}, operation ${operation},`
  return stacklessError(
    'KEELSON_RESILIENCE_CIRCUIT_OPEN',
    `The circuit breaker of ${whose} is ${state}: the call was not made. Repair the dependency or give the call a fallback.`,
    {
      statusCode: 503,
      details: {
        dependency,
        ...(operation === undefined ? {} : { operation }),
        state,
        admittedRatio,
        retryAfterMs: Math.ceil(retryAfterMs),
      },
    },
  )
}

const changed = channel('keelson.breaker.changed')
const forcedChannel = channel('keelson.breaker.forced')

const forceRules = { forMs: optionRules.number({ min: 1, max: 3_600_000 }) }

/**
 * Drives the state machine by a window of completed calls. In the half-open state it admits several probes first and, when all of them
 * succeeded, a growing share of the calls.
 */
class WindowedBreaker implements CircuitBreaker {
  readonly operation: string | undefined
  readonly #machine: BreakerMachine
  #settings: BreakerSettings
  #window: RollingWindow
  /** Number of the present state's stay; permits carry it, so that a late report of an earlier stay is known. */
  #stay = 1
  #forced: 'open' | 'closed' | undefined
  #closed = false
  #timer: TimerHandle | undefined
  #openUntil = 0
  #openingCount = 0
  #probesGiven = 0
  #probesPassed = 0
  #probesGivenAt = 0
  readonly #ramp = new BreakerRamp()
  /** Whether the probes have succeeded and the circuit is on its way to let all calls through. */
  #ramping = false
  #streakCount = 0
  #streakSince = 0

  constructor(options: CircuitBreakerOptions, machine: BreakerMachine) {
    this.operation = options.operation
    this.#machine = machine
    this.#settings = {
      clock: systemClock,
      random: Math.random,
      ...options,
      ...completeBreakerPolicy(options),
    }
    this.#window = new RollingWindow(this.#settings.samplingMs)
  }

  get state(): BreakerState {
    return this.#forced === 'open' ? 'isolated' : this.#machine.state
  }

  get forced(): 'open' | 'closed' | undefined {
    return this.#forced
  }

  get counts(): WindowCounts {
    return this.#window.counts(this.#settings.clock.monotonic())
  }

  get admittedRatio(): number {
    if (this.#ramping) return this.#ramp.ratio(this.#settings.clock.monotonic())
    return this.state === 'closed' ? 1 : 0
  }

  get retryAfterMs(): number {
    if (this.state !== 'open') return 0
    return Math.max(0, this.#openUntil - this.#settings.clock.monotonic())
  }

  allow(): number {
    if (this.#closed) return 0
    const state = this.#machine.state
    if (state === 'closed') return this.#stay
    if (state === 'open') return 0
    if (!this.#ramping) return this.#allowProbe()
    return this.#ramp.admits(this.#settings.clock.monotonic()) ? this.#stay : 0
  }

  report(permit: number, outcome: BreakerOutcome): void {
    if (permit !== this.#stay || this.#closed) return
    if (this.#machine.state === 'half-open' && !this.#ramping) this.#reportProbe(outcome)
    else if (outcome !== 'neutral') this.#reportCall(outcome === 'failure')
  }

  async run<T>(
    operation: () => Promise<T>,
    outcomeOf: (error: unknown) => BreakerOutcome = () => 'failure',
  ): Promise<T> {
    const permit = this.allow()
    if (permit === 0) throw circuitOpenError(this.#settings.dependency, this)
    let outcome: BreakerOutcome = 'neutral'
    try {
      const result = await operation()
      outcome = 'success'
      return result
    } catch (error) {
      outcome = outcomeOf(error)
      throw error
    } finally {
      this.report(permit, outcome)
    }
  }

  update(policy: BreakerPolicy): void {
    checkBreakerPolicy(policy)
    const { samplingMs, clock } = this.#settings
    this.#settings = { ...this.#settings, ...completeBreakerPolicy(policy) }
    if (this.#settings.samplingMs !== samplingMs) {
      this.#window = this.#window.resized(clock.monotonic(), this.#settings.samplingMs)
    }
    if (this.#machine.state !== 'half-open') return
    // As many probes as are asked for now: those of before may have been enough, or none may be left to give.
    if (!this.#ramping) {
      this.#startProbes()
      return
    }
    this.#ramp.stretch(this.#settings.rampMs)
    this.#awaitRampEnd()
  }

  isolate(options: ForceOptions = {}): void {
    this.#force('open', options)
  }

  holdClosed(options: ForceOptions = {}): void {
    this.#force('closed', options)
  }

  release(): void {
    if (this.#forced !== undefined && !this.#closed) this.#endForce(false)
  }

  reset(): void {
    this.release()
    if (this.state === 'closed' || this.#closed) return
    this.#openingCount = 0
    this.#change(() => this.#machine.close())
    this.#window.reset()
  }

  close(): Promise<void> {
    this.#closed = true
    this.#settings.clock.clearTimeout(this.#timer)
    this.#machine.shutdown()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #force(forced: 'open' | 'closed', options: ForceOptions): void {
    checkOptions('KEELSON_RESILIENCE_OPTIONS_INVALID', 'force', options, forceRules)
    if (this.#closed) return
    const { clock } = this.#settings
    const { forMs } = options
    if (this.state === (forced === 'open' ? 'isolated' : 'closed')) {
      clock.clearTimeout(this.#timer)
      this.#forced = forced
    } else {
      this.#openingCount = 0
      this.#change(() => {
        if (forced === 'open') this.#machine.open()
        else this.#machine.close()
        this.#forced = forced
      })
    }
    if (forMs !== undefined) {
      this.#timer = clock.setTimeout(() => this.#endForce(true), forMs)
      this.#timer.unref()
    }
    this.#publishForce({ forced, forMs })
  }

  #endForce(expired: boolean): void {
    const { clock } = this.#settings
    if (this.#forced === 'open') {
      this.#change(() => {
        this.#machine.close()
        this.#forced = undefined
      })
      this.#window.reset()
    } else {
      clock.clearTimeout(this.#timer)
      this.#forced = undefined
    }
    this.#publishForce({ forced: 'none', expired })
  }

  #publishForce(fact: Pick<BreakerForced, 'forced' | 'forMs' | 'expired'>): void {
    if (forcedChannel.hasSubscribers) forcedChannel.publish({ ...this.#names(), ...fact })
  }

  #names(): Pick<BreakerForced, 'service' | 'dependency' | 'operation'> {
    const { operation } = this
    const { service, dependency } = this.#settings
    return { service, dependency, ...(operation === undefined ? {} : { operation }) }
  }

  #allowProbe(): number {
    const now = this.#settings.clock.monotonic()
    if (this.#probesGiven >= this.#settings.probeCount) {
      // A probe that never reports must not keep the circuit half-open for ever: after a whole window it is forgotten.
      if (now - this.#probesGivenAt < this.#settings.samplingMs) return 0
      this.#startProbes()
    }
    this.#probesGiven += 1
    this.#probesGivenAt = now
    return this.#stay
  }

  #reportProbe(outcome: BreakerOutcome): void {
    if (outcome === 'failure') {
      this.#open()
    } else if (outcome === 'neutral') {
      this.#probesGiven -= 1
    } else {
      this.#probesPassed += 1
      if (this.#probesPassed >= this.#settings.probeCount) this.#startRamp()
    }
  }

  #reportCall(failed: boolean): void {
    const { failureRatio, minimumThroughput, probeCount, clock } = this.#settings
    const now = clock.monotonic()
    this.#window.record(now, failed)
    if (!failed) {
      this.#streakCount = 0
      return
    }
    if (this.#forced === 'closed') return
    if (this.#streakCount === 0) this.#streakSince = now
    this.#streakCount += 1
    const { callCount, failureCount } = this.#window.counts(now)
    if (this.#ramping) {
      // No throughput is asked for: the calls are few by intention, and the probes stand for those that are missing.
      if (failureCount / (callCount + probeCount) >= failureRatio) this.#open()
      return
    }
    if (callCount < minimumThroughput) return
    // Without the second rule a busy service needs as many failures as it had successes in the whole window to see
    // that its dependency is gone. The least span keeps connections that break in one instant from counting as one.
    const gone = this.#streakCount >= minimumThroughput && now - this.#streakSince >= this.#window.bucketMs
    if (gone || failureCount / callCount >= failureRatio) this.#open()
  }

  #open(): void {
    const { breakMs, maxBreakMs, clock, random } = this.#settings
    const planned = Math.min(maxBreakMs, breakMs * 2 ** this.#openingCount)
    const openMs = planned * (0.8 + 0.4 * random())
    this.#openingCount += 1
    this.#openUntil = clock.monotonic() + openMs
    this.#change(() => this.#machine.open())
    this.#timer = clock.setTimeout(() => this.#halfOpen(), openMs)
    this.#timer.unref()
  }

  #halfOpen(): void {
    this.#change(() => this.#machine.halfOpen())
    this.#startProbes()
  }

  #startProbes(): void {
    this.#stay += 1
    this.#probesGiven = 0
    this.#probesPassed = 0
  }

  #startRamp(): void {
    const { rampMs, clock } = this.#settings
    if (rampMs === 0) {
      this.#recover()
      this.#window.reset()
      return
    }
    this.#streakCount = 0
    this.#window.reset()
    this.#ramping = true
    this.#ramp.begin(clock.monotonic(), rampMs)
    this.#awaitRampEnd()
  }

  #awaitRampEnd(): void {
    const { clock } = this.#settings
    clock.clearTimeout(this.#timer)
    this.#timer = clock.setTimeout(() => this.#endRamp(), this.#ramp.remainingMs(clock.monotonic()))
    this.#timer.unref()
  }

  #endRamp(): void {
    const stay = this.#stay
    this.#recover()
    // What the ramp let through is no news of an earlier time.
    this.#stay = stay
  }

  #recover(): void {
    this.#openingCount = 0
    this.#change(() => this.#machine.close())
  }

  #change(apply: () => void): void {
    this.#settings.clock.clearTimeout(this.#timer)
    const from = this.state
    apply()
    this.#ramping = false
    this.#stay += 1
    if (!changed.hasSubscribers) return
    changed.publish({ ...this.#names(), from, to: this.state, ...this.counts })
  }
}
