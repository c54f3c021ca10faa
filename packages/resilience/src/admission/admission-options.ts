import type { Clock } from '@keelson/core/clock'
import { checkOptions, optionRules } from '@keelson/core/errors'

/** Bounds of admission, which may be changed while it works. */
export interface AdmissionBounds {
  /**
   * Longest time in milliseconds that a request may wait for its turn: for the event loop, and behind others in what its
   * handler waits for. One that would wait longer is refused; critical ones may wait half as long again, sheddable ones
   * half as long. A cold process has five times as long, and what is late only because the process stood still ten times.
   * 0: nothing is refused for waiting.
   *
   * @range 0 to 60,000
   * @defaultValue 100 — goodput is the same from 30 to 300; 60 and less refused at 90 % of the capacity (simulated 2026-11)
   * @see docs/decisions/0009-shed-by-backlog.md
   */
  readonly backlogMs?: number
  /**
   * Requests that may be under way at once; one more is refused. Critical requests may exceed it by half, sheddable ones
   * get half of it.
   *
   * @range 1 to 1,000,000
   * @defaultValue unset: no bound. A number that is right for every service does not exist; `backlogMs` finds it.
   */
  readonly maxConcurrent?: number
}

/** Which requests are let in. */
export interface AdmissionOptions extends AdmissionBounds {
  readonly clock?: Clock
  /**
   * Calls back in the next turn of the event loop, after sockets were read.
   *
   * @defaultValue `setImmediate`
   */
  readonly defer?: (callback: () => void) => void
  /**
   * Time in milliseconds for which the event loop was not at rest, ever growing.
   *
   * @defaultValue `active` of `performance.eventLoopUtilization()`
   */
  readonly busyMs?: () => number
}

/** Defaults of {@link AdmissionOptions}. */
export const admissionDefaults: { readonly backlogMs: number } = Object.freeze({ backlogMs: 100 })

/** @throws KEELSON_ADMISSION_OPTIONS_INVALID */
export function checkAdmissionOptions(options: AdmissionOptions): void {
  checkOptions('KEELSON_ADMISSION_OPTIONS_INVALID', 'admission', options, {
    backlogMs: optionRules.number({ min: 0, max: 60_000 }),
    maxConcurrent: optionRules.number({ min: 1, max: 1_000_000, integer: true }),
    clock: optionRules.object,
    defer: optionRules.function,
    busyMs: optionRules.function,
  })
}
