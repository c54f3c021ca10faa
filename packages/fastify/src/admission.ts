import { systemClock, type Clock } from '@keelson/core/clock'
import { checkOptions, optionRules } from '@keelson/core/errors'
import type { InboundRequest } from '@keelson/core/http'

/** Which requests are let in. */
export interface AdmissionOptions {
  /**
   * Requests that may be under way at once; one more is refused with 503. Critical requests may exceed it by half,
   * sheddable ones get half of it.
   *
   * @range 1 to 1,000,000
   * @defaultValue unset: no bound. A synchronous handler never has more than one request under way, so that a
   * number that is right for every service does not exist.
   */
  readonly maxConcurrent?: number
  readonly clock?: Clock
}

/** Why a request is refused, and when it may come again. */
export interface Refusal {
  /** Goes out as `x-shed`. */
  readonly reason: 'limit' | 'deadline'
  /** Goes out as `retry-after`, whole seconds. */
  readonly retryAfterSeconds: number
}

/** Decides at the door, before a body is read. */
export interface Admission {
  /** @param underway requests that were let in and have not ended */
  admit(inbound: InboundRequest, underway: number): Refusal | undefined
}

const limitReached: Refusal = Object.freeze({ reason: 'limit', retryAfterSeconds: 1 })
const deadlinePassed: Refusal = Object.freeze({ reason: 'deadline', retryAfterSeconds: 1 })

/**
 * Makes the admission of one server. A request whose caller has given up already is refused: its answer would
 * reach nobody.
 *
 * @throws KEELSON_ADMISSION_OPTIONS_INVALID
 */
export function createAdmission(options: AdmissionOptions = {}): Admission {
  checkOptions('KEELSON_ADMISSION_OPTIONS_INVALID', 'admission', options, {
    maxConcurrent: optionRules.number({ min: 1, max: 1_000_000, integer: true }),
    clock: optionRules.object,
  })
  const { maxConcurrent, clock = systemClock } = options
  return {
    admit(inbound, underway) {
      if (inbound.deadline !== undefined && inbound.deadline <= clock.now()) return deadlinePassed
      if (maxConcurrent === undefined || underway < shareOf(maxConcurrent, inbound)) return undefined
      return limitReached
    },
  }
}

function shareOf(maxConcurrent: number, { criticality }: InboundRequest): number {
  if (criticality === 'critical') return maxConcurrent * 1.5
  return criticality === 'sheddable' ? maxConcurrent * 0.5 : maxConcurrent
}
