import type { MetricFamily, Sample } from './parse.ts'

/** A series as one text, its labels in order of their names: equal texts are one series to Prometheus. */
export function seriesKey({ name, labels }: Sample): string {
  const sorted = labels.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `${name}{${sorted.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`
}

/** Series that stand more than once, of which Prometheus keeps one and counts the others as errors. */
export function findDuplicates(families: readonly MetricFamily[]): readonly string[] {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const key of families.flatMap(({ samples }) => samples.map(seriesKey))) {
    if (seen.has(key)) twice.add(key)
    seen.add(key)
  }
  return [...twice]
}

/**
 * Histograms that lack what queries need: per set of labels a bucket `+Inf`, `_sum` and `_count`, buckets that never fall,
 * and a `+Inf` equal to `_count`.
 *
 * @returns one sentence per metric
 */
export function checkHistograms(families: readonly MetricFamily[]): readonly string[] {
  return families.filter(({ type }) => type === 'histogram').flatMap(histogramProblems)
}

interface HistogramParts {
  readonly buckets: (readonly [bound: number, value: number])[]
  sum: number | undefined
  count: number | undefined
}

function histogramProblems({ name, samples }: MetricFamily): readonly string[] {
  const series = new Map<string, HistogramParts>()
  for (const sample of samples) {
    const labels = sample.labels.filter(([label]) => label !== 'le')
    const key = seriesKey({ ...sample, name, labels })
    const parts: HistogramParts = series.get(key) ?? { buckets: [], sum: undefined, count: undefined }
    series.set(key, parts)
    const bound = sample.labels.find(([label]) => label === 'le')?.[1]
    if (sample.name.endsWith('_sum')) parts.sum = sample.value
    else if (sample.name.endsWith('_count')) parts.count = sample.value
    else if (bound !== undefined)
      parts.buckets.push([/inf/i.test(bound) ? Infinity : Number(bound), sample.value])
  }
  const problems = new Set([...series.values()].flatMap(partProblems))
  return [...problems].map((problem) => `${name} ${problem}`)
}

function partProblems({ buckets, sum, count }: HistogramParts): readonly string[] {
  const sorted = buckets.toSorted(([a], [b]) => a - b)
  const last = sorted.at(-1)
  const problems: string[] = []
  if (last === undefined || last[0] !== Infinity) problems.push('has no bucket +Inf')
  if (sum === undefined) problems.push('has no _sum')
  if (count === undefined) problems.push('has no _count')
  if (sorted.some(([, value], index) => value < (sorted[index - 1]?.[1] ?? 0)))
    problems.push('has a bucket that is smaller than the one below it')
  if (last !== undefined && count !== undefined && last[0] === Infinity && last[1] !== count)
    problems.push('has a bucket +Inf that differs from _count')
  return problems
}
