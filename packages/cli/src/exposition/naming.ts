import { abbreviatedUnits, baseUnitOf, hasNamePart } from '@keelson/core/metric-names'
import type { MetricFamily } from './parse.ts'

/** A metric whose name, type, help or labels break a rule of naming. */
export interface NamingFault {
  readonly metric: string
  readonly problem: string
}

type Rule = (family: MetricFamily) => readonly string[]

const typeNames = ['counter', 'gauge', 'summary', 'untyped', 'histogram', 'gauge_histogram']

const rules: readonly Rule[] = [
  ({ help }) => (help === undefined || help === '' ? ['has no help text'] : []),
  unitProblems,
  ({ type, name }) => {
    if (type === 'counter' && !name.endsWith('_total')) return ['is a counter without the suffix _total']
    return type !== 'counter' && type !== 'untyped' && name.endsWith('_total')
      ? [`is a ${type} with the suffix _total of counters`]
      : []
  },
  reservedProblems,
  ({ type, name }) =>
    type === 'untyped'
      ? []
      : typeNames.filter((word) => hasNamePart(name, word)).map((word) => `has the type ${word} in its name`),
  ({ name }) => (name.includes(':') ? ['has a colon in its name, which is for recording rules'] : []),
  ({ name, samples }) => {
    const camel = /[a-z][A-Z]/
    const labels = new Set(samples.flatMap((sample) => sample.labels.map(([label]) => label)))
    return [
      ...(camel.test(name) ? ['is written in camelCase, not in snake_case'] : []),
      ...[...labels]
        .filter((label) => camel.test(label))
        .map((label) => `has the label ${label} in camelCase, not in snake_case`),
    ]
  },
  ({ name }) =>
    abbreviatedUnits
      .filter((unit) => hasNamePart(name, unit))
      .map((unit) => `has the abbreviated unit ${unit} in its name`),
]

/**
 * Checks names, help and labels by the rules of `promtool check metrics` (client_golang, package promlint), so that a
 * user needs no promtool. Cross-checked against the real one in `test/promtool.int.test.ts`.
 *
 * @returns faults in the order of the metrics
 */
export function checkMetricNames(families: readonly MetricFamily[]): readonly NamingFault[] {
  return families.flatMap((family) =>
    rules.flatMap((rule) => rule(family).map((problem) => ({ metric: family.name, problem }))),
  )
}

// Of two units the first word counts, as in client_golang since 1.16; before, it was either, by chance.
function unitProblems({ name }: MetricFamily): readonly string[] {
  for (const word of name.split('_')) {
    const base = baseUnitOf(word)
    if (base !== undefined) return base === word ? [] : [`is in ${word}; the base unit is ${base}`]
  }
  return []
}

function reservedProblems({ type, name, samples }: MetricFamily): readonly string[] {
  if (type === 'untyped') return []
  const hasLabel = (wanted: string) =>
    samples.some(({ labels }) => labels.some(([label]) => label === wanted))
  const problems: string[] = []
  if (type !== 'histogram' && name.endsWith('_bucket')) problems.push(`is a ${type} with the suffix _bucket`)
  for (const suffix of ['_count', '_sum']) {
    if (type !== 'histogram' && type !== 'summary' && name.endsWith(suffix))
      problems.push(`is a ${type} with the suffix ${suffix}`)
  }
  if (type !== 'histogram' && hasLabel('le')) problems.push(`is a ${type} with the label le`)
  if (type !== 'summary' && hasLabel('quantile')) problems.push(`is a ${type} with the label quantile`)
  return problems
}
