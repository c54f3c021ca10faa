import type { VerifyResult } from '../verify/verify.ts'

/** How a run came out, in numbers. */
export interface OutcomeCounts {
  readonly passed: number
  readonly errors: number
  readonly warnings: number
  readonly skipped: number
}

/** Counts the checks by what they came to. */
export function countOutcomes({ checks }: Pick<VerifyResult, 'checks'>): OutcomeCounts {
  const failed = checks.filter(({ status }) => status === 'fail')
  return {
    passed: checks.filter(({ status }) => status === 'pass').length,
    errors: failed.filter(({ level }) => level === 'error').length,
    warnings: failed.filter(({ level }) => level === 'warning').length,
    skipped: checks.filter(({ status }) => status === 'skip').length,
  }
}

/** The figure that the run is about; `undefined` when the stop was not watched. */
export function lostRequests({ stop }: Pick<VerifyResult, 'stop'>): string | undefined {
  if (stop === undefined) return undefined
  if (stop.load.sentCount === 0) return 'no requests, by contract'
  return `${stop.load.lost.length} of ${stop.load.sentCount} requests lost while stopping`
}
