import type { ConfigValues, RefineFault } from '@keelson/config'
import type { HouseSchema } from './house-schema.ts'

/** What one number of the chassis's configuration may be, both ends included. Durations are in milliseconds. */
export interface HouseRange {
  readonly min: number
  readonly max: number
  /** The range in words. */
  readonly accepted: string
}

type HouseValues = ConfigValues<HouseSchema>

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/**
 * What every number of the house schema may be, by its key; ports have a format of their own. Where a part has bounds of its own
 * these are not wider; elsewhere they are what a timer of Node can wait for (2 ** 31 - 1 ms, 24 days; beyond it fires at once), cut
 * to what can be meant.
 */
export const houseRanges: Readonly<Record<string, HouseRange>> = Object.freeze({
  'http.connectionMaxAge': duration('0s', '24h'),
  'ops.stallLimit': duration('100ms', '1h'),
  'log.revertAfter': duration('0s', '24h'),
  'log.sampleRatio': ratio(),
  'log.burstLimit': whole(0, 1_000_000),
  'otel.sampleRatio': ratio(),
  'limits.snapshotRatio': ratio(),
  'limits.snapshotInterval': duration('0s', '168h'),
  'limits.restartRatio': ratio(),
  'limits.restartAge': duration('0s', '168h'),
  'shutdown.drainDelay': duration('0s', '10m'),
  'shutdown.grace': duration('100ms', '1h'),
  // A bound that is longer than any caller waits is none.
  'admission.backlog': duration('0s', '1m'),
  'admission.maxConcurrent': whole(1, 1_000_000),
  'admission.rateLimit.max': whole(1, 1_000_000_000),
  'admission.rateLimit.window': duration('100ms', '24h'),
  'request.timeout': duration('0s', '24h'),
})

/**
 * What is wrong with the chassis's own numbers: those out of range, and those that contradict each other. Asked of every candidate,
 * so that one that cannot be used refuses its whole change, at the start and at run time.
 */
export function houseFaults(values: HouseValues): readonly RefineFault[] {
  const outside = Object.entries(houseRanges).flatMap(([key, { min, max, accepted }]) => {
    const value = valueAt(values, key)
    // `null` is no number on purpose: the key is unset.
    if (value === null || (typeof value === 'number' && value >= min && value <= max)) return []
    return [{ key, problem: `is not ${accepted}`, suggestion: `Set ${key} to ${accepted}.` }]
  })
  return outside.length > 0 ? outside : contradictions(values)
}

function contradictions({ shutdown: { drainDelay, grace } }: HouseValues): readonly RefineFault[] {
  if (drainDelay < grace) return []
  return [
    {
      key: 'shutdown.drainDelay',
      problem: `leaves nothing of shutdown.grace, which is ${grace} ms`,
      suggestion:
        'Make shutdown.drainDelay shorter, or shutdown.grace longer; terminationGracePeriodSeconds is above both.',
    },
  ]
}

function valueAt(values: HouseValues, key: string): unknown {
  // The table names keys of the schema; a test compares the two.
  return key.split('.').reduce<unknown>((group, name) => (group as Record<string, unknown>)[name], values)
}

function duration(least: string, most: string): HouseRange {
  return { min: inMs(least), max: inMs(most), accepted: `a duration from ${least} to ${most}` }
}

function inMs(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? []
  return Number(digits) * (unitMs[unit] ?? Number.NaN)
}

function ratio(): HouseRange {
  return { min: 0, max: 1, accepted: 'a number from 0 to 1' }
}

function whole(min: number, max: number): HouseRange {
  return { min, max, accepted: `a whole number from ${min} to ${max}` }
}
