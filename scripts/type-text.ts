// Reads the types of generated declarations: interfaces, lists, maps, unions of texts. Enough for models that a program
// wrote in one form; anything else is an error, not a guess.

/** A type, as far as the table of Kubernetes' objects needs it. */
export type TypeText =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly of: TypeText }
  | { readonly kind: 'map'; readonly of: TypeText }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'fields'; readonly fields: readonly FieldText[] }
  | { readonly kind: 'union'; readonly names: readonly string[] }

/** One field of an interface. */
export interface FieldText {
  readonly name: string
  readonly required: boolean
  readonly type: TypeText
}

/**
 * Reads a type.
 *
 * @throws Error for a form that generated models do not have
 */
export function readType(text: string): TypeText {
  const tokens = [...text.matchAll(/"[^"]*"|[A-Za-z_]\w*|[{}[\]<>|;:?,]/g)].map(([token]) => token)
  let at = 0
  const fail = (): never => {
    throw new Error(`What is ${tokens.slice(at, at + 8).join(' ')} in ${text.slice(0, 200)}?`)
  }
  const take = (expected: string): void => {
    if (tokens[at++] !== expected) fail()
  }

  function type(): TypeText {
    const options = [single()]
    while (tokens[at] === '|') {
      at++
      options.push(single())
    }
    const [first] = options
    if (first !== undefined && options.length === 1) return first
    if (options.every((option) => option.kind === 'enum'))
      return { kind: 'enum', values: options.flatMap(({ values }) => values) }
    return { kind: 'union', names: options.map((option) => (option.kind === 'name' ? option.name : fail())) }
  }

  function single(): TypeText {
    const token = tokens[at++] ?? fail()
    if (token.startsWith('"')) return { kind: 'enum', values: [token.slice(1, -1)] }
    if (token === 'Array') {
      take('<')
      const of = type()
      take('>')
      return { kind: 'list', of }
    }
    if (token === '{') return braces()
    return /^\w+$/.test(token) ? { kind: 'name', name: token } : fail()
  }

  function braces(): TypeText {
    const fields: FieldText[] = []
    while (tokens[at] !== '}') {
      if (tokens[at] === '[') {
        for (const token of ['[', 'key', ':', 'string', ']', ':']) take(token)
        const of = type()
        if (tokens[at] === ';') at++
        take('}')
        return { kind: 'map', of }
      }
      const name = (tokens[at++] ?? fail()).replaceAll('"', '')
      const required = tokens[at] !== '?'
      if (!required) at++
      take(':')
      fields.push({ name, required, type: type() })
      if (tokens[at] === ';') at++
    }
    at++
    return { kind: 'fields', fields }
  }

  const whole = type()
  if (at !== tokens.length) fail()
  return whole
}
