import type { ConfigValues, RefineFault } from '@keelson/config'
import type { RateLimitOptions } from '@keelson/fastify'
import { Admission, type AdmissionBounds } from '@keelson/resilience/admission'
import type { HouseSchema } from './house-schema.ts'
import type { HouseConfig } from './load-config.ts'

/** What configuration says of admission. */
export type AdmissionSettings = ConfigValues<HouseSchema>['admission']

/** Longest bound in milliseconds; one longer than any caller waits is none. */
const longestBacklogMs = 60_000

/**
 * What is wrong with the keys `admission.*`, asked of every candidate, so that one that cannot be used refuses its whole
 * change, at the start and at run time.
 */
export function admissionFaults({
  backlog,
  maxConcurrent,
  rateLimit,
}: AdmissionSettings): readonly RefineFault[] {
  const { max, window: windowMs } = rateLimit
  return [
    ...(backlog > longestBacklogMs ? [fault('admission.backlog', 'a duration of at most 1m')] : []),
    ...(isOutside(maxConcurrent, 1, 1_000_000)
      ? [fault('admission.maxConcurrent', 'a whole number from 1 to 1000000')]
      : []),
    ...(isOutside(max, 1, 1_000_000_000)
      ? [fault('admission.rateLimit.max', 'a whole number from 1 to 1000000000')]
      : []),
    ...(max !== null && isOutside(windowMs, 100, 86_400_000)
      ? [fault('admission.rateLimit.window', 'a duration from 100ms to 24h')]
      : []),
  ]
}

/** Makes the admission of a service, which follows `admission.backlog` and `admission.maxConcurrent` while it works. */
export function createAdmission(config: HouseConfig): Admission {
  const admission = new Admission(boundsOf(config.current.admission))
  config.subscribe('admission', (settings) => admission.update(boundsOf(settings)))
  return admission
}

/** The bounds that the keys stand for. */
export function boundsOf({ backlog, maxConcurrent }: Omit<AdmissionSettings, 'rateLimit'>): AdmissionBounds {
  return { backlogMs: backlog, ...(maxConcurrent === null ? {} : { maxConcurrent }) }
}

/** The options of the rate limit that the keys `admission.rateLimit.*` stand for; `undefined` when there is none. */
export function rateLimitOf({
  max,
  window: windowMs,
}: AdmissionSettings['rateLimit']): Pick<RateLimitOptions, 'maxRequests' | 'windowMs'> | undefined {
  return max === null ? undefined : { maxRequests: max, windowMs }
}

function isOutside(value: number | null, least: number, most: number): boolean {
  return value !== null && (value < least || value > most)
}

function fault(key: string, accepted: string): RefineFault {
  return { key, problem: `takes ${accepted}` }
}
