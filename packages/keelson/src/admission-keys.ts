import type { ConfigValues } from '@keelson/config'
import type { RateLimitOptions } from '@keelson/fastify'
import { Admission, type AdmissionBounds } from '@keelson/resilience/admission'
import type { HouseSchema } from './house-schema.ts'
import type { HouseConfig } from './load-config.ts'

/** What configuration says of admission. */
export type AdmissionSettings = ConfigValues<HouseSchema>['admission']

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
