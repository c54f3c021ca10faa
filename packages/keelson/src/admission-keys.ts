import type { ConfigValues } from '@keelson/config'
import { KeelsonError } from '@keelson/core/errors'
import type { KeelsonPluginOptions } from '@keelson/fastify'
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
export function admissionOf(settings: AdmissionSettings): NonNullable<KeelsonPluginOptions['admission']> {
  const { backlog, maxConcurrent } = settings
  if (backlog > longestBacklogMs)
    throw invalid('admission.backlog', `${backlog}ms`, 'a duration of at most 1m')
  if (maxConcurrent !== null && (maxConcurrent < 1 || maxConcurrent > 1_000_000))
    throw invalid('admission.maxConcurrent', String(maxConcurrent), 'a whole number from 1 to 1000000')
  return { backlogMs: backlog, ...(maxConcurrent === null ? {} : { maxConcurrent }) }
}

function invalid(key: string, value: string, accepted: string): KeelsonError {
  return new KeelsonError('KEELSON_CONFIG_INVALID', `${key} is ${value}. It takes ${accepted}.`)
}
