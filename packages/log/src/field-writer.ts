import type { FieldName, FieldNames } from './field-names.ts'
import { cutToJsonBytes, quote } from './json-text.ts'
import { redactedText } from './redaction.ts'
import { jsonTextOf, readProperty, unwrapObject } from './safe-value.ts'

/** Levels of nested objects that become fields of their own; what lies deeper is written as JSON text. */
const maxDepth = 4

/** Keys of a nested object that become fields of their own; a larger one is written as JSON text. */
const maxKeysPerObject = 64

/** Additional fields of one line, the log's own left out; further ones are counted in `_fields_dropped`. */
const maxFields = 200

/** Values looked at for one line, empty ones and those within lists included: enough to fill 16,000 bytes. */
const maxNodes = 2000

/** Longest value in characters. No value can have more bytes than a whole line (16,000). */
export const maxValueLength = 16_000

const redactedValue = quote(redactedText)

/** What every line of one log needs to write its fields. */
export interface FieldRules {
  readonly names: FieldNames
  readonly isSensitive: (key: string) => boolean
  /** Leaves known secrets out of a text before it is cut: half a secret would not be found any more. */
  readonly mask: (text: string) => string
}

/** The additional fields of one line, written one after the other as a piece of JSON. */
export class FieldWriter {
  /** Everything written so far: `,"_a":1,"_b":"x"`. */
  text = ''
  /** Bytes that were cut from too long values. */
  cutBytes = 0
  /** Fields left out because the line has enough of them. */
  droppedCount = 0
  readonly line: number
  readonly #rules: FieldRules
  readonly #record: Map<string, string> | undefined
  #count = 0
  readonly #budget = { nodes: maxNodes }

  /**
   * @param line number of the line, from `FieldNames.startLine`
   * @param record takes every written field by its clean name, for those who want them one by one
   */
  constructor(rules: FieldRules, line: number, record?: Map<string, string>) {
    this.#rules = rules
    this.line = line
    this.#record = record
  }

  /** Writes the value of a key of the outermost object. */
  write(key: string, value: unknown): void {
    this.#value(this.#rules.names.get(key, undefined), value, 1)
  }

  /** Writes a field whose value is JSON already, unless the line has its name. */
  writeReady(name: string, text: string): void {
    const mark = this.#rules.names.mark(name)
    if (mark.line === this.line) return
    mark.line = this.line
    this.text += text
  }

  /** A text as JSON, cut when it is too long for any line. */
  quoted(text: string): string {
    if (text.length <= maxValueLength) return quote(text)
    const masked = this.#rules.mask(text)
    const cut = cutToJsonBytes(masked, maxValueLength)
    this.cutBytes += Buffer.byteLength(masked) - Buffer.byteLength(cut)
    return quote(cut)
  }

  #value(name: FieldName, value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        if (value !== '') this.#emit(name, name.sensitive ? redactedValue : this.quoted(value))
        return
      case 'number':
        if (name.sensitive) this.#emit(name, redactedValue)
        else if (Number.isFinite(value) && !name.isIdentifier) this.#emit(name, `${value}`)
        else this.#emit(name, `"${value}"`)
        return
      case 'boolean':
      case 'bigint':
        this.#emit(name, name.sensitive ? redactedValue : `"${value}"`)
        return
      case 'object':
        if (value === null) return
        if (name.sensitive) this.#emit(name, redactedValue)
        else this.#object(name, value, depth, undefined)
        return
      case 'undefined':
      case 'function':
      case 'symbol':
    }
  }

  #object(name: FieldName, value: object, depth: number, parents: Parents | undefined): void {
    let inner: unknown
    let keys: string[] = []
    try {
      inner = unwrapObject(value)
      if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) keys = Object.keys(inner)
    } catch {
      inner = '[unreadable]'
    }
    if (typeof inner !== 'object' || inner === null) {
      this.#value(name, inner, depth)
      return
    }
    if (parents !== undefined && (isAmong(parents, value) || (inner !== value && isAmong(parents, inner)))) {
      this.#emit(name, '"[circular]"')
      return
    }
    if (Array.isArray(inner) || depth >= maxDepth || keys.length > maxKeysPerObject) {
      this.#emit(name, this.quoted(jsonTextOf(inner, this.#rules.isSensitive, this.#budget)))
      return
    }
    const path = { object: value, inner, above: parents }
    for (let index = 0; index < keys.length; index++) {
      if (this.isFull(keys.length - index)) return
      const key = keys[index]
      if (key === undefined) continue
      const child = readProperty(inner, key)
      const childName = this.#rules.names.get(key, name)
      if (typeof child === 'object' && child !== null && !childName.sensitive) {
        this.#object(childName, child, depth + 1, path)
      } else this.#value(childName, child, depth + 1)
    }
  }

  /** Whether the line takes no further field; if so, counts the `restCount` ones that are left out for it. */
  isFull(restCount: number): boolean {
    if (this.#count < maxFields && this.#budget.nodes-- > 0) return false
    this.droppedCount += restCount
    return true
  }

  #emit(name: FieldName, json: string): void {
    if (name.mark.line === this.line) {
      if (name.alternative !== undefined) this.#emit(name.alternative, json)
      return
    }
    name.mark.line = this.line
    this.#count++
    this.text += name.text + json
    this.#record?.set(name.name, name.text + json)
  }
}

/** The objects around a value, innermost first. */
interface Parents {
  readonly object: object
  /** What it stands for: itself, or what its `toJSON` gave. */
  readonly inner: object
  readonly above: Parents | undefined
}

function isAmong(parents: Parents | undefined, object: object): boolean {
  for (let parent = parents; parent !== undefined; parent = parent.above) {
    if (parent.object === object || parent.inner === object) return true
  }
  return false
}
