import type { ConfigFault } from './faults.ts'

/** A `.env` file as variables, each with the line it stands on. */
export interface DotenvReading {
  readonly variables: ReadonlyMap<string, { readonly text: string; readonly line: number }>
  readonly faults: readonly ConfigFault[]
}

/**
 * Reads a `.env` file: `NAME=value` a line, `export` in front allowed, `#` opens a comment. Values are bare, in single
 * quotes (taken as they are) or in double quotes (`\n`, `\t`, `\"`, `\\` read). No expansion of `$NAME`, no value over
 * several lines: what such a file means differs from tool to tool.
 *
 * @param file name for messages
 */
export function readDotenv(content: string, file: string): DotenvReading {
  const variables = new Map<string, { text: string; line: number }>()
  const faults: ConfigFault[] = []
  for (const [index, raw] of content.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line)
    const text = match === null ? undefined : valueOf(match[2] ?? '')
    if (match?.[1] === undefined || text === undefined) {
      faults.push({
        key: file,
        problem: 'has a line that is not NAME=value',
        origin: `${file}:${index + 1}`,
        suggestion: 'Write NAME=value on one line, the value in quotes if it has spaces.',
      })
    } else {
      variables.set(match[1], { text, line: index + 1 })
    }
  }
  return { variables, faults }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

function valueOf(text: string): string | undefined {
  const double = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text)
  if (double?.[1] !== undefined) {
    return double[1].replace(/\\(.)/g, (_, character: string) => escapes[character] ?? character)
  }
  const single = /^'([^']*)'\s*(?:#.*)?$/.exec(text)
  if (single?.[1] !== undefined) return single[1]
  if (/^["']/.test(text)) return undefined
  return text.replace(/\s+#.*$/, '').replace(/^#.*$/, '')
}
