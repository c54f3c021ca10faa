import type { AccessRecord } from '@keelson/core/http'

/** Answers beyond this size, in bytes, take as long as their reader. */
const largestSampleBytes = 262_144

/**
 * Whether the duration of a request says how busy the service is: a whole answer of known length. Failures are quick, and
 * streams last as long as their reader wants.
 */
export function isDurationSample({ aborted, statusCode, bytesOut }: AccessRecord): boolean {
  return !aborted && statusCode < 400 && bytesOut > 0 && bytesOut <= largestSampleBytes
}
