import { checkOptions, type OptionRule, optionRules } from '@keelson/core/errors'

/** When a circuit breaker opens and how it closes again. */
export interface BreakerPolicy {
  /**
   * Share of failed calls among the completed ones of the window at which the circuit opens.
   * Ignored until `minimumThroughput` calls were seen in the window.
   *
   * @range above 0, up to 1
   * @defaultValue 0.5 — opossum `errorThresholdPercentage`, as a ratio
   */
  readonly failureRatio?: number
  /**
   * Completed calls that the window must hold before the circuit may open. The same number of failures in a row,
   * spread over at least a tenth of `samplingMs`, opens it too, whatever succeeded before.
   *
   * @range whole number, 1 or more
   * @defaultValue 20 — opossum's `volumeThreshold` is 0: one failed first call would open
   */
  readonly minimumThroughput?: number
  /**
   * Length of the window in milliseconds.
   *
   * @range 100 to 600,000
   * @defaultValue 10,000 — opossum `rollingCountTimeout`
   */
  readonly samplingMs?: number
  /**
   * Time in milliseconds that the circuit stays open before it lets probes through, ± 20 %. Doubles with each
   * opening in a row, up to `maxBreakMs`.
   *
   * @range 10 to 600,000
   * @defaultValue 250 — recovered in 1.7–2.0 s after an outage where 3 s took 11.7 s and 10 s 18 s or for ever (simulated 2026-11)
   */
  readonly breakMs?: number
  /**
   * Longest open time in milliseconds, ± 20 %.
   *
   * @range `breakMs` to 600,000
   * @defaultValue 1,000, or `breakMs` where that is longer — a longer one saves no load and costs recovery (docs/decisions/0008)
   */
  readonly maxBreakMs?: number
  /**
   * Calls let through first in the half-open state. All must succeed before others are; the first that fails opens the circuit.
   *
   * @range whole number, 1 to 100
   * @defaultValue 3
   */
  readonly probeCount?: number
  /**
   * Time in milliseconds after the probes in which the share of the calls let through grows in steps: a third of the time 10 %, a third 30 %, a third
   * 60 %, then all, and the circuit is closed. It is half-open until then. One call in 100 ms is let through whatever the share. Failures
   * of `failureRatio` among these calls and the probes open it again. 0: closed as soon as the probes have succeeded.
   *
   * @range 0 to 600,000
   * @defaultValue 1,000 — a dependency that is cold for 1.5 s and falls over when crowded: 86 % good where 38 % were without a ramp, for
   * 0.9 s more after an outage of one that is not; 2,000 would take 2.9 s (simulated 2026-11, docs/decisions/0015)
   */
  readonly rampMs?: number
}

/** The numbers of a breaker for which nothing else is said. */
export const breakerDefaults: Required<BreakerPolicy> = Object.freeze({
  failureRatio: 0.5,
  minimumThroughput: 20,
  samplingMs: 10_000,
  breakMs: 250,
  maxBreakMs: 1_000,
  probeCount: 3,
  rampMs: 1_000,
})

/** Fills a policy up: a first open time beyond the longest of the defaults is the longest itself. */
export function completeBreakerPolicy(policy: BreakerPolicy): Required<BreakerPolicy> {
  const maxBreakMs = Math.max(breakerDefaults.maxBreakMs, policy.breakMs ?? 0)
  return { ...breakerDefaults, maxBreakMs, ...policy }
}

/** @throws KEELSON_RESILIENCE_OPTIONS_INVALID */
export function checkBreakerPolicy(policy: BreakerPolicy): void {
  checkOptions('KEELSON_RESILIENCE_OPTIONS_INVALID', 'circuitBreaker', policy, breakerRules(policy))
}

/** What each number of a breaker may be. */
export function breakerRules({ breakMs = breakerDefaults.breakMs }: BreakerPolicy): {
  readonly [Name in keyof Required<BreakerPolicy>]: OptionRule
} {
  return {
    failureRatio: optionRules.number({ above: 0, max: 1 }),
    minimumThroughput: optionRules.number({ min: 1, integer: true }),
    samplingMs: optionRules.number({ min: 100, max: 600_000 }),
    breakMs: optionRules.number({ min: 10, max: 600_000 }),
    maxBreakMs: optionRules.number({ min: breakMs, max: 600_000 }),
    probeCount: optionRules.number({ min: 1, max: 100, integer: true }),
    rampMs: optionRules.number({ min: 0, max: 600_000 }),
  }
}
