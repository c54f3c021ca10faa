/** Longest name of a field in characters; Graylog has no limit of its own, the line has (16,000 bytes). */
const maxNameLength = 128

/** Names kept ready; beyond that the table starts anew, so that keys taken from input cannot fill the memory. */
const maxKnownNames = 4096

/** Names that Graylog sets itself, and the ones that every line of a keelson service already carries. */
const reservedNames: ReadonlySet<string> = new Set([
  'id',
  'message',
  'source',
  'timestamp',
  'level',
  'host',
  'short_message',
  'full_message',
  'streams',
  'service',
  'version',
  'env',
  'pod',
  'node',
  'pid',
  'level_name',
  'truncated',
  'fields_dropped',
])

/** Names that a line carries while there is a request or job, and that are free otherwise. */
const contextNames: readonly string[] = ['request_id', 'trace_id', 'span_id']

/** The last line that carries a name: how a key is kept from appearing twice without a set per line. */
interface Mark {
  line: number
}

/** One field name, cleaned and escaped once for all lines. */
export interface FieldName {
  /** Clean name without the leading underscore. */
  readonly name: string
  /** The name as it stands in the line, from comma to colon: `,"_user":`. */
  readonly text: string
  /** Whether the value is a secret. */
  readonly sensitive: boolean
  /**
   * Whether numbers are written as text. The first type of a field in an index wins, and a message of another type is
   * lost as a whole: an id that once is `42` and once `4f…` must always be text.
   */
  readonly isIdentifier: boolean
  readonly mark: Mark
  /** Name to take when the line already carries this one for itself. */
  readonly alternative: FieldName | undefined
  /** Names of the keys of an object under this name. */
  readonly children: Map<string, FieldName>
}

/** The table of all field names of one log. */
export class FieldNames {
  /** `_` in GELF; empty for collectors that add their own. */
  readonly prefix: '_' | ''
  readonly #isSensitive: (key: string) => boolean
  readonly #top = new Map<string, FieldName>()
  readonly #marks = new Map<string, Mark>()
  #contextMarks: readonly Mark[]
  #line = 0
  #madeCount = 0

  constructor(prefix: '_' | '', isSensitive: (key: string) => boolean) {
    this.prefix = prefix
    this.#isSensitive = isSensitive
    this.#contextMarks = contextNames.map((name) => this.mark(name))
  }

  /** Starts a line and gives its number; the names of the context are taken when `hasContext`. */
  startLine(hasContext: boolean): number {
    if (this.#madeCount > maxKnownNames) {
      this.#marks.clear()
      this.#top.clear()
      this.#contextMarks = contextNames.map((name) => this.mark(name))
      this.#madeCount = 0
    }
    const line = ++this.#line
    if (hasContext) for (const mark of this.#contextMarks) mark.line = line
    return line
  }

  /** The name for a key of the outermost object, or of the object under `parent`. */
  get(key: string, parent: FieldName | undefined): FieldName {
    const known = parent === undefined ? this.#top : parent.children
    const found = known.get(key)
    if (found !== undefined) return found
    const made = this.#make(key, parent)
    known.set(key, made)
    return made
  }

  /** The mark of a clean name. */
  mark(name: string): Mark {
    let mark = this.#marks.get(name)
    if (mark === undefined) {
      mark = { line: 0 }
      this.#marks.set(name, mark)
    }
    return mark
  }

  #make(key: string, parent: FieldName | undefined): FieldName {
    this.#madeCount++
    const path = (parent === undefined ? key : `${parent.name}_${key}`).slice(0, maxNameLength)
    const cleaned = path.replace(/[^\w-]/g, '_')
    const isTaken =
      cleaned === '' || cleaned.startsWith('_') || cleaned.startsWith('gl2_') || reservedNames.has(cleaned)
    const alternative = contextNames.includes(cleaned)
      ? this.#named(`x_${cleaned}`, path, undefined)
      : undefined
    return this.#named(isTaken ? `x_${cleaned}` : cleaned, path, alternative)
  }

  #named(name: string, path: string, alternative: FieldName | undefined): FieldName {
    return {
      name,
      text: `,"${this.prefix}${name}":`,
      sensitive: this.#isSensitive(path),
      isIdentifier: /(?:^|_)id$|[a-z]I[dD]$/.test(name),
      mark: this.mark(name),
      alternative,
      children: new Map(),
    }
  }
}
