import { formatRatio } from './figures.ts'
import type { Stack } from './stacks.ts'
import { median, ratioSpread } from './statistics.ts'
import type { Table } from './table.ts'

/** Samples by stack, in the order of the rounds. */
export type Samples<Sample> = ReadonlyMap<Stack, readonly Sample[]>

/** One figure of a sample, compared between stacks. */
export interface Figure<Sample> {
  /** Heading of the column of ratios. */
  readonly name: string
  readonly of: (sample: Sample) => number
  /** Heading of the column of absolute values, with the unit. */
  readonly absoluteName: string
  readonly format: (value: number) => string
}

/**
 * Puts every stack beside a base of the same run, round by round. Ratios come first; absolute figures hold for one
 * machine at one moment and stand last.
 */
export function compare<Sample>(
  what: string,
  samples: Samples<Sample>,
  base: Stack,
  figures: readonly Figure<Sample>[],
): Table {
  const pick = (stack: Stack, { of }: Figure<Sample>): readonly number[] => (samples.get(stack) ?? []).map(of)
  return {
    title: `${what}, ÷ ${base.name}: median (quartiles)`,
    header: ['stack', ...figures.map(({ name }) => name), ...figures.map(({ absoluteName }) => absoluteName)],
    rows: [...samples.keys()].map((stack) => [
      stack.name,
      ...figures.map((figure) => formatRatio(ratioSpread(pick(stack, figure), pick(base, figure)))),
      ...figures.map((figure) => figure.format(median(pick(stack, figure)))),
    ]),
  }
}
