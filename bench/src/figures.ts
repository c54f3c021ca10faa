import type { Spread } from './statistics.ts'

/** Median and quartiles of a ratio: `0.66 (0.61–0.70)`. */
export function formatRatio({ median, lower, upper }: Spread): string {
  return `${median.toFixed(2)} (${lower.toFixed(2)}–${upper.toFixed(2)})`
}

/** A number with its thousands apart: `15,126`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
