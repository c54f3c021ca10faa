import type { ConfigValues } from '@keelson/config'
import { KeelsonError } from '@keelson/core/errors'
import type { KeelsonPluginOptions, RateLimitOptions } from '@keelson/fastify'
import type { HouseSchema } from './house-schema.ts'

/** What configuration says of admission. */
export type AdmissionSettings = ConfigValues<HouseSchema>['admission']

/** Longest bound in milliseconds; one longer than any caller waits is none. */
const longestBacklogMs = 60_000

/**
 * The options of admission that the keys `admission.*` stand for.
 *
 * @throws KEELSON_CONFIG_INVALID for a value that only admission itself can refuse
 */
export function admissionOf(
  settings: Omit<AdmissionSettings, 'rateLimit'>,
): NonNullable<KeelsonPluginOptions['admission']> {
  const { backlog, maxConcurrent } = settings
  if (backlog > longestBacklogMs)
    throw invalid('admission.backlog', `${backlog}ms`, 'a duration of at most 1m')
  if (maxConcurrent !== null && (maxConcurrent < 1 || maxConcurrent > 1_000_000))
    throw invalid('admission.maxConcurrent', String(maxConcurrent), 'a whole number from 1 to 1000000')
  return { backlogMs: backlog, ...(maxConcurrent === null ? {} : { maxConcurrent }) }
}

/**
 * The options of the rate limit that the keys `admission.rateLimit.*` stand for; `undefined` when there is none.
 *
 * @throws KEELSON_CONFIG_INVALID for a value that only the limit itself can refuse
 */
export function rateLimitOf({
  max,
  window: windowMs,
}: AdmissionSettings['rateLimit']): Pick<RateLimitOptions, 'maxRequests' | 'windowMs'> | undefined {
  if (max === null) return undefined
  if (max < 1 || max > 1_000_000_000)
    throw invalid('admission.rateLimit.max', String(max), 'a whole number from 1 to 1000000000')
  if (windowMs < 100 || windowMs > 86_400_000)
    throw invalid('admission.rateLimit.window', `${windowMs}ms`, 'a duration from 100ms to 24h')
  return { maxRequests: max, windowMs }
}

function invalid(key: string, value: string, accepted: string): KeelsonError {
  return new KeelsonError('KEELSON_CONFIG_INVALID', `${key} is ${value}. It takes ${accepted}.`)
}
