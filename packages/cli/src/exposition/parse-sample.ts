/** A line with a sample, before it is given to its family. */
export interface ParsedSample {
  readonly name: string
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly value: number
}

interface Labels {
  readonly labels: (readonly [name: string, value: string])[]
  readonly rest: string
}

/** Why a line is not allowed. */
interface Refusal {
  readonly problem: string
}

/**
 * Reads one line of samples: `name{label="value"} 1.5 1395066363000`.
 *
 * @param text the line without white space in front
 */
export function parseSample(text: string): ParsedSample | Refusal {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(text)?.[0]
  if (name === undefined)
    return { problem: `"${text.slice(0, 40)}" does not begin with the name of a metric` }
  const after = text.slice(name.length).replace(/^[ \t]+/, '')
  const parsed: Labels | Refusal = after.startsWith('{')
    ? parseLabels(after)
    : { labels: [], rest: text.slice(name.length) }
  if ('problem' in parsed) return parsed
  const { labels, rest } = parsed
  if (!after.startsWith('{') && !/^[ \t]/.test(rest)) return { problem: `no value after ${name}` }
  const [value = '', timestamp, ...more] = rest.trim().split(/[ \t]+/)
  const number = parseValue(value)
  if (number === undefined) return { problem: `the value of ${name} is "${value}", not a number` }
  if (timestamp !== undefined && !/^[+-]?\d+$/.test(timestamp))
    return { problem: `the time stamp of ${name} is "${timestamp}", not a whole number` }
  if (more.length > 0) return { problem: `"${more.join(' ')}" stands behind the sample of ${name}` }
  return { name, labels, value: number }
}

function parseLabels(text: string): Labels | Refusal {
  const labels: [string, string][] = []
  const seen = new Set<string>()
  let rest = text.slice(1).replace(/^[ \t]+/, '')
  while (!rest.startsWith('}')) {
    const head = /^([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"/.exec(rest)
    const name = head?.[1]
    if (head === null || name === undefined)
      return { problem: `no label where one was expected: ${rest.slice(0, 40)}` }
    if (name === '__name__') return { problem: 'the label __name__ is reserved' }
    if (seen.has(name)) return { problem: `the label ${name} stands twice in one sample` }
    seen.add(name)
    const value = parseQuoted(rest.slice(head[0].length))
    if ('problem' in value) return value
    labels.push([name, value.text])
    rest = value.rest.replace(/^[ \t]+/, '')
    if (rest.startsWith(',')) rest = rest.slice(1).replace(/^[ \t]+/, '')
    else if (!rest.startsWith('}'))
      return { problem: `neither a comma nor a closing brace after the label ${name}` }
  }
  return { labels, rest: rest.slice(1) }
}

/** @param text what stands behind the opening quote */
function parseQuoted(text: string): { readonly text: string; readonly rest: string } | Refusal {
  let value = ''
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? ''
    if (character === '"') return { text: value, rest: text.slice(index + 1) }
    if (character !== '\\') {
      value += character
      continue
    }
    index++
    const escaped = text[index] ?? ''
    if (escaped !== '\\' && escaped !== '"' && escaped !== 'n')
      return { problem: `\\${escaped} is no escape of a label value` }
    value += escaped === 'n' ? '\n' : escaped
  }
  return { problem: 'a label value has no closing quote' }
}

/** Numbers as Go's strconv.ParseFloat reads them; signs and cases of `Inf` and `NaN` included. */
function parseValue(text: string): number | undefined {
  if (/^[+-]?(?:inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^[+-]?nan$/i.test(text)) return Number.NaN
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}
