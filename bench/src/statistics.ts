/** The middle of some values and how far they scatter. */
export interface Spread {
  readonly median: number
  /** First quartile: a quarter of the values lies below. */
  readonly lower: number
  /** Third quartile. */
  readonly upper: number
  readonly min: number
  readonly max: number
}

/**
 * The value below which a share of all values lies, interpolated between neighbours (type 7 of Hyndman and Fan, the
 * one of R and NumPy).
 *
 * @param share 0 to 1
 * @throws RangeError when there are no values
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)]
  const above = sorted[Math.ceil(position)]
  if (below === undefined || above === undefined) throw new RangeError('There are no values.')
  return below + (above - below) * (position - Math.floor(position))
}

/** @throws RangeError when there are no values */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** @throws RangeError when there are no values */
export function spreadOf(values: readonly number[]): Spread {
  return {
    median: median(values),
    lower: quantile(values, 0.25),
    upper: quantile(values, 0.75),
    min: quantile(values, 0),
    max: quantile(values, 1),
  }
}

/**
 * Divides the values of one stack by those of another, round by round: what disturbed a round disturbed both.
 *
 * @throws RangeError when the two do not have the same number of rounds, or none
 */
export function ratioSpread(values: readonly number[], baseline: readonly number[]): Spread {
  if (values.length !== baseline.length) {
    throw new RangeError(`${values.length} rounds cannot be compared with ${baseline.length}.`)
  }
  return spreadOf(values.map((value, round) => value / (baseline[round] ?? Number.NaN)))
}
