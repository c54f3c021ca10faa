import { KeelsonError } from '@keelson/core/errors'
import { abbreviatedUnits, baseUnitOf, hasNamePart } from '@keelson/core/metric-names'
import type { MetricType } from './metric-definition.ts'

/** What is checked of a metric when it is made. */
export interface MetricNaming {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  readonly labels: readonly string[]
}

/**
 * Checks names by the rules of `promtool check metrics` (client_golang, promlint) and of the data model, so that an
 * exposition that the chassis made is clean by construction.
 *
 * @throws KEELSON_METRICS_NAME_INVALID with what to write instead
 */
export function checkNaming(naming: MetricNaming): void {
  const { name, labels } = naming
  const problem = nameProblem(naming) ?? unitProblem(name) ?? labelsProblem(naming)
  if (problem === undefined) return
  throw new KeelsonError('KEELSON_METRICS_NAME_INVALID', `Metric ${show(name)}: ${problem}`, {
    details: { name, labels },
  })
}

const reservedPrefix = 'keelson_'

function nameProblem({ name, type, help }: MetricNaming): string | undefined {
  if (typeof name !== 'string' || !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
    return 'the name may hold letters, digits and underscores, and no digit first; a colon is for recording rules.'
  }
  if (typeof help !== 'string' || help.trim() === '') {
    return 'the help text is missing; write one sentence that says what is measured.'
  }
  if (name.startsWith(reservedPrefix)) {
    return `names that begin with ${reservedPrefix} are the chassis's own; begin it with the name of your domain.`
  }
  if (/[a-z][A-Z]/.test(name)) return 'the name is in camelCase; write it in snake_case.'
  if (type === 'counter' && !name.endsWith('_total'))
    return `a counter ends in _total; name it ${name}_total.`
  if (type !== 'counter' && name.endsWith('_total')) {
    return `_total is for counters; leave it out of the name of a ${type}.`
  }
  const suffix = reservedSuffixes[type].find((reserved) => name.endsWith(reserved))
  if (suffix !== undefined) return `${suffix} is written by the exposition; end the name otherwise.`
  const typeWord = metricTypes.find((word) => hasNamePart(name, word))
  return typeWord === undefined
    ? undefined
    : `the name says its type (${typeWord}), which the exposition does; leave the word out.`
}

const metricTypes = ['counter', 'gauge', 'summary', 'histogram'] as const

/** Of a histogram promlint lets these pass; `a_count` would be a line of the histogram `a`, so they are refused here. */
const reservedSuffixes: Readonly<Record<MetricType, readonly string[]>> = {
  counter: [],
  gauge: ['_bucket', '_count', '_sum'],
  histogram: ['_bucket', '_count', '_sum'],
}

function unitProblem(name: string): string | undefined {
  const abbreviation = abbreviatedUnits.find((short) => hasNamePart(name, short))
  if (abbreviation !== undefined) {
    return `${abbreviation} is an abbreviated unit; write the base unit out, such as seconds or bytes.`
  }
  for (const part of name.split('_')) {
    const base = baseUnitOf(part)
    if (base === undefined) continue
    return base === part ? undefined : `${part} is no base unit; measure in ${base} and write ${base}.`
  }
  return undefined
}

function labelsProblem({ labels }: MetricNaming): string | undefined {
  if (new Set(labels).size !== labels.length) return 'a label is named twice.'
  for (const label of labels) {
    if (typeof label !== 'string' || !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) {
      return `the label ${show(label)} may hold letters, digits and underscores, and no digit first.`
    }
    if (label.startsWith('__'))
      return `labels that begin with __ are Prometheus's own; rename ${show(label)}.`
    if (label === 'le' || label === 'quantile') {
      return `the label ${label} belongs to the exposition; choose another.`
    }
    if (/[a-z][A-Z]/.test(label)) return `the label ${show(label)} is in camelCase; write it in snake_case.`
  }
  return undefined
}

function show(name: unknown): string {
  return typeof name === 'string' ? JSON.stringify(name.slice(0, 100)) : `of type ${typeof name}`
}
