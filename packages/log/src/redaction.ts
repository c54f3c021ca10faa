/** What stands in a line in place of a redacted or masked value. */
export const redactedText = '[redacted]'

/** Secrets shorter than this are not searched for: they would be found by chance in harmless text. */
const shortestMaskedLength = 8

/**
 * Makes the test whether a field of this name holds a secret. A key matches a listed name when its last words are
 * those of the name, whatever the spelling: `api key` matches `apiKey`, `API_KEY`, `x-api-key` and `apikey`, but
 * `token` does not match `tokenCount`. Digits do not count: `password2` is `password`.
 *
 * @param names listed names, words in any spelling
 */
export function sensitiveKeys(names: readonly string[]): (key: string) => boolean {
  const listed = new Set(names.map((name) => wordsOf(name).join('')))
  return (key) => {
    const words = wordsOf(key)
    let suffix = ''
    for (let index = words.length - 1; index >= 0; index--) {
      suffix = `${words[index]}${suffix}`
      if (listed.has(suffix)) return true
    }
    return false
  }
}

function wordsOf(key: string): string[] {
  return (key.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase())
}

/** Finds and replaces known secret values, wherever they appear in the values of a line. */
export interface ValueMask {
  /** Adds values to look for; those under 8 characters are left out. */
  readonly add: (values: readonly string[]) => void
  /** Whether a line, as JSON text, holds a known value: cheap, and may err on the side of yes. */
  readonly isHeldBy: (line: string) => boolean
  /** A text without any known value. */
  readonly apply: (text: string) => string
}

/** Makes a {@link ValueMask}. */
export function createValueMask(values: readonly string[]): ValueMask {
  let needles: string[] = []
  let pattern: RegExp | undefined
  const mask: ValueMask = {
    add(more) {
      const forms = new Set(needles)
      for (const value of more) {
        if (value.length < shortestMaskedLength) continue
        // A list is written as JSON within a JSON string: there the value has been escaped once or twice.
        const once = JSON.stringify(value).slice(1, -1)
        forms.add(value).add(once).add(JSON.stringify(once).slice(1, -1))
      }
      // Longest first, so that a value that begins with another one is replaced as a whole.
      needles = [...forms].toSorted((one, other) => other.length - one.length)
      if (needles.length > 0) pattern = new RegExp(needles.map(escapePattern).join('|'), 'g')
    },
    isHeldBy(line) {
      for (const needle of needles) if (line.includes(needle)) return true
      return false
    },
    apply: (text) => (pattern === undefined ? text : text.replace(pattern, redactedText)),
  }
  mask.add(values)
  return mask
}

/** A line with every known value masked; names, `version` and `host` stay. */
export function maskLine(line: string, mask: ValueMask): string {
  // The builder of the line only writes objects of texts and numbers.
  const fields = JSON.parse(line) as Record<string, string | number>
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string' && name !== 'version' && name !== 'host') fields[name] = mask.apply(value)
  }
  return `${JSON.stringify(fields)}\n`
}

/** Escapes what means something in a regular expression (`RegExp.escape` begins with Node 24). */
function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
