/** A JSON value that knows the line it stands on. Objects are maps, so that no key can touch a prototype. */
export type JsonNode =
  | { readonly kind: 'object'; readonly line: number; readonly members: ReadonlyMap<string, JsonNode> }
  | { readonly kind: 'array'; readonly line: number; readonly items: readonly JsonNode[] }
  | { readonly kind: 'scalar'; readonly line: number; readonly value: string | number | boolean | null }

/** Something wrong in a JSON text. The problem never repeats more than one character of it. */
export interface JsonProblem {
  readonly line: number
  readonly problem: string
}

/** What {@link readJson} found. With a problem in the syntax there is no root. */
export interface JsonReading {
  readonly root: JsonNode | undefined
  readonly problems: readonly JsonProblem[]
}

/** No configuration nests deeper; a hostile value could, to exhaust the stack. */
const maxDepth = 20

/** The largest ConfigMap that Kubernetes stores; more is not a configuration. */
const maxLength = 1_048_576

const dangerousKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Reads JSON (RFC 8259) and keeps the line of every value. Refuses what JSON.parse lets through: a key written twice,
 * keys that reach a prototype, more than 20 levels, more than 1 MiB, numbers beyond a double.
 * Comments and trailing commas are no JSON; the message says so.
 *
 * @returns never throws, whatever the text
 */
export function readJson(text: string): JsonReading {
  if (text.length > maxLength || Buffer.byteLength(text) > maxLength) {
    return { root: undefined, problems: [{ line: 1, problem: 'is larger than 1 MiB' }] }
  }
  const reader = new JsonReader(text)
  try {
    return { root: reader.document(), problems: reader.problems }
  } catch (error) {
    if (!(error instanceof SyntaxStop)) throw error
    return { root: undefined, problems: [...reader.problems, { line: error.line, problem: error.problem }] }
  }
}

/** The plain JavaScript value of a node. */
export function plainValue(node: JsonNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'array') return node.items.map(plainValue)
  // The reader has refused every key that could reach a prototype.
  return Object.fromEntries([...node.members].map(([key, member]) => [key, plainValue(member)]))
}

/** Ends the reading from any depth; never leaves {@link readJson}. */
class SyntaxStop extends Error {
  readonly line: number
  readonly problem: string

  constructor(line: number, problem: string) {
    super(problem)
    this.line = line
    this.problem = problem
  }
}

class JsonReader {
  readonly problems: JsonProblem[] = []
  readonly #text: string
  #position = 0
  #line = 1

  constructor(text: string) {
    // Editors on Windows put a byte order mark in front.
    this.#text = text.startsWith('\uFEFF') ? text.slice(1) : text
  }

  document(): JsonNode {
    this.#space()
    if (this.#position === this.#text.length) this.#stop('is empty; the least is {}')
    const root = this.#value(1)
    this.#space()
    if (this.#position < this.#text.length) this.#unexpected('after the end of the value')
    return root
  }

  #value(depth: number): JsonNode {
    if (depth > maxDepth) this.#stop(`is nested deeper than ${maxDepth} levels`)
    const line = this.#line
    const opening = this.#text[this.#position]
    if (opening === '{') return { kind: 'object', line, members: this.#members(depth) }
    if (opening === '[') return { kind: 'array', line, items: this.#items(depth) }
    return { kind: 'scalar', line, value: opening === '"' ? this.#string() : this.#literal() }
  }

  #members(depth: number): Map<string, JsonNode> {
    const members = new Map<string, JsonNode>()
    this.#position++
    this.#space()
    while (!this.#take('}')) {
      if (this.#text[this.#position] !== '"') this.#unexpected('where a key in double quotes should be')
      const line = this.#line
      const key = this.#string()
      this.#space()
      if (!this.#take(':')) this.#unexpected('where a colon should be')
      this.#space()
      const value = this.#value(depth + 1)
      this.#keep(members, key, value, line)
      this.#separator('}')
    }
    return members
  }

  #keep(members: Map<string, JsonNode>, key: string, value: JsonNode, line: number): void {
    if (dangerousKeys.has(key)) {
      this.problems.push({ line, problem: `has the key ${key}, which could reach a prototype` })
    } else if (members.has(key)) {
      this.problems.push({
        line,
        problem: `has the key ${JSON.stringify(key)} twice, first on line ${members.get(key)?.line}`,
      })
    } else {
      members.set(key, value)
    }
  }

  #items(depth: number): JsonNode[] {
    const items: JsonNode[] = []
    this.#position++
    this.#space()
    while (!this.#take(']')) {
      items.push(this.#value(depth + 1))
      this.#separator(']')
    }
    return items
  }

  /** Between two members: a comma that something follows, or nothing before the end. */
  #separator(end: '}' | ']'): void {
    this.#space()
    if (this.#text[this.#position] === end) return
    if (!this.#take(',')) this.#unexpected(`where a comma or ${end} should be`)
    this.#space()
    if (this.#text[this.#position] === end)
      this.#stop('has a comma before the end; JSON has no trailing commas')
  }

  #string(): string {
    const start = this.#position
    for (this.#position++; this.#text[this.#position] !== '"'; this.#position++) {
      const character = this.#text[this.#position]
      if (character === undefined || character < ' ') this.#stop('has a text without its closing quote')
      if (character === '\\') this.#position++
    }
    this.#position++
    try {
      return JSON.parse(this.#text.slice(start, this.#position)) as string // it is quoted, so it can only be a text
    } catch {
      return this.#stop('has a text with an unknown escape or a control character')
    }
  }

  #literal(): number | boolean | null {
    const start = this.#position
    while (/[\w.+-]/.test(this.#text[this.#position] ?? '')) this.#position++
    const token = this.#text.slice(start, this.#position)
    if (token === '') return this.#unexpected('where a value should be')
    if (!literal.test(token)) return this.#stop('has a value that is no JSON; texts need double quotes')
    const value = JSON.parse(token) as number | boolean | null // the token matches JSON's own grammar
    if (typeof value === 'number' && !Number.isFinite(value))
      this.#stop('has a number too large for a double')
    return value
  }

  #space(): void {
    for (; this.#position < this.#text.length; this.#position++) {
      const character = this.#text[this.#position]
      if (character === '\n') this.#line++
      else if (character !== ' ' && character !== '\t' && character !== '\r') return
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.#position] !== character) return false
    this.#position++
    return true
  }

  #unexpected(place: string): never {
    const character = this.#text[this.#position]
    if (character === '/' || character === '#') this.#stop('has a comment; JSON has none')
    const found = character === undefined ? 'the end of the text' : JSON.stringify(character)
    return this.#stop(`has ${found} ${place}`)
  }

  #stop(problem: string): never {
    throw new SyntaxStop(this.#line, problem)
  }
}

// RFC 8259 §3 and §6.
const literal = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/
