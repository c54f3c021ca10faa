import type { AdmissionShed } from '@keelson/core/channels'
import type { Criticality } from '@keelson/core/context'

/** Why a request is refused, and when it may come again. */
export interface Refusal {
  /** Goes out as `x-shed`. */
  readonly reason: AdmissionShed['reason']
  /** Goes out as `retry-after`, whole seconds. */
  readonly retryAfterSeconds: number
}

/** It would wait, or has waited, longer than the bound for the event loop. */
export const backlogReached: Refusal = Object.freeze({ reason: 'backlog', retryAfterSeconds: 1 })
/** As many requests are under way as may be. */
export const limitReached: Refusal = Object.freeze({ reason: 'limit', retryAfterSeconds: 1 })
/** Its caller has given up, or would before it could be done. */
export const deadlinePassed: Refusal = Object.freeze({ reason: 'deadline', retryAfterSeconds: 1 })

/** What a class of requests gets of every bound. */
export function shareOf(criticality: Criticality | undefined): number {
  if (criticality === 'critical') return 1.5
  return criticality === 'sheddable' ? 0.5 : 1
}
