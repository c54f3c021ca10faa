import { parseSample } from './parse-sample.ts'

/** Type of a metric in the text format 0.0.4. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped'

/** One sample. */
export interface Sample {
  /** With the suffix that it was written with: `x_bucket`. */
  readonly name: string
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly value: number
  readonly line: number
}

/** One metric with its samples, `_bucket`, `_sum` and `_count` of histograms and summaries included. */
export interface MetricFamily {
  readonly name: string
  readonly help: string | undefined
  readonly type: MetricType
  readonly samples: readonly Sample[]
}

/** A line that the format does not allow. */
export interface ExpositionFault {
  readonly line: number
  readonly problem: string
}

/** What a page of metrics holds. */
export interface Exposition {
  /** Metrics with at least one sample, in order of appearance. */
  readonly families: readonly MetricFamily[]
  /** Empty when the page is well-formed. Prometheus refuses the whole page at the first one. */
  readonly faults: readonly ExpositionFault[]
}

interface OpenFamily {
  readonly name: string
  help: string | undefined
  type: MetricType | undefined
  readonly samples: Sample[]
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const metricTypes: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped'])

/**
 * Reads a page in Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), as strictly
 * as Prometheus' own reader (`expfmt` of prometheus/common) does.
 */
export function parseExposition(text: string): Exposition {
  const families = new Map<string, OpenFamily>()
  const faults: ExpositionFault[] = []
  const lines = text.split('\n')
  if (lines.pop() !== '') {
    faults.push({ line: lines.length + 1, problem: 'the page does not end with a line feed' })
  }
  for (const [index, line] of lines.entries()) {
    const problem = readLine(line, index + 1, families)
    if (problem !== undefined) faults.push({ line: index + 1, problem })
  }
  return {
    families: [...families.values()]
      .filter(({ samples }) => samples.length > 0)
      .map(({ name, help, type, samples }) => ({ name, help, type: type ?? 'untyped', samples })),
    faults,
  }
}

function readLine(line: string, number: number, families: Map<string, OpenFamily>): string | undefined {
  const text = line.replace(/^[ \t]+/, '')
  if (text === '') return undefined
  if (text.startsWith('#')) return readComment(text, families)
  const sample = parseSample(text)
  if ('problem' in sample) return sample.problem
  const family = familyOf(sample.name, families)
  const bound = boundLabel(sample.name, family)
  const written = sample.labels.find(([name]) => name === bound)?.[1]
  if (written !== undefined && !isNumberText(written))
    return `the label ${bound} is "${written}", not a number`
  family.samples.push({ ...sample, line: number })
  return undefined
}

function readComment(text: string, families: Map<string, OpenFamily>): string | undefined {
  const match = /^#[ \t]*(HELP|TYPE)(?:[ \t]+([^ \t]+)(?:[ \t]+(.*))?)?$/.exec(text)
  if (match === null) return undefined
  const [, keyword, name, rest] = match
  // A keyword alone is an ordinary comment to Prometheus.
  if (name === undefined) return undefined
  if (!metricName.test(name)) return `"${name}" is no name of a metric`
  const family = familyOf(name, families)
  if (keyword === 'HELP') {
    if (family.help !== undefined) return `a second HELP for ${name}`
    family.help = rest ?? ''
    return undefined
  }
  if (rest === undefined || rest.trim() === '') return undefined
  if (family.type !== undefined || family.samples.length > 0)
    return `a second TYPE for ${name}, or one after its samples`
  if (!metricTypes.has(rest.toLowerCase())) return `"${rest}" is no type of a metric`
  // One of the five, just asked.
  family.type = rest.toLowerCase() as MetricType
  return undefined
}

/** The family that a name belongs to: `x_sum` is a sample of the histogram or summary `x`, if there is one. */
function familyOf(name: string, families: Map<string, OpenFamily>): OpenFamily {
  const found = families.get(name)
  if (found !== undefined) return found
  const summary = families.get(name.replace(/_(?:sum|count)$/, ''))
  if (summary?.type === 'summary') return summary
  const histogram = families.get(name.replace(/_(?:sum|count|bucket)$/, ''))
  if (histogram?.type === 'histogram') return histogram
  const family: OpenFamily = { name, help: undefined, type: undefined, samples: [] }
  families.set(name, family)
  return family
}

function boundLabel(name: string, family: OpenFamily): string | undefined {
  if (family.type === 'summary') return 'quantile'
  return family.type === 'histogram' && name.endsWith('_bucket') ? 'le' : undefined
}

function isNumberText(text: string): boolean {
  return /^[+-]?(?:Inf|NaN|\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)$/i.test(text)
}
