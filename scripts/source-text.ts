// Reads TypeScript as text: tells code from comments and from the contents of strings, keeping every position.

/** A text between quotes, with the line it starts on (1 for the first). */
export interface StringLiteral {
  readonly value: string
  readonly line: number
}

/** One source text in the views that the checks search. */
export interface SourceText {
  /** The text with comments blanked out; offsets and line numbers stay. */
  readonly code: string
  /** As `code`, with the contents of strings and templates blanked out too. */
  readonly bare: string
  /** The strings of the code, templates without placeholders included. */
  readonly strings: readonly StringLiteral[]
}

interface Span {
  readonly kind: 'comment' | 'string' | 'template' | 'regex'
  readonly start: number
  readonly end: number
}

/** Splits a source text into code, comments and strings. */
export function readSource(text: string): SourceText {
  const spans = findSpans(text)
  const strings = spans.filter((span) => span.kind === 'string' || span.kind === 'template')
  return {
    code: blank(
      text,
      spans.filter((span) => span.kind === 'comment'),
    ),
    bare: blank(text, spans),
    strings: strings.map((span) => ({
      value: text.slice(span.start + 1, span.end - 1),
      line: lineAt(text, span.start),
    })),
  }
}

/** Line number of an offset, 1 for the first line. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

function findSpans(text: string): readonly Span[] {
  const spans: Span[] = []
  // Depth of braces at which each open `${` of a template ends.
  const templates: number[] = []
  let depth = 0
  let at = 0
  const take = (kind: Span['kind'], end: number) => {
    spans.push({ kind, start: at, end })
    at = end
  }
  while (at < text.length) {
    const char = text[at]
    const pair = text.slice(at, at + 2)
    if (pair === '//') take('comment', endOf(text, '\n', at, 0))
    else if (pair === '/*') take('comment', endOf(text, '*/', at + 2, 2))
    else if (char === "'" || char === '"') take('string', quoteEnd(text, at))
    else if (char === '/' && startsRegex(text, at)) take('regex', regexEnd(text, at))
    else if (char === '`' || (char === '}' && templates.at(-1) === depth)) {
      if (char === '}') templates.pop()
      const end = templateEnd(text, at)
      if (text[end - 1] === '{') templates.push(depth)
      take('template', end)
    } else {
      if (char === '{') depth++
      if (char === '}') depth--
      at++
    }
  }
  return spans
}

function endOf(text: string, mark: string, from: number, length: number): number {
  const found = text.indexOf(mark, from)
  return found === -1 ? text.length : found + length
}

function quoteEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === text[start] || text[at] === '\n') return at + 1
  }
  return text.length
}

/** End of a piece of a template: after its closing backtick, or after the `${` that interrupts it. */
function templateEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '`') return at + 1
    else if (text[at] === '$' && text[at + 1] === '{') return at + 2
  }
  return text.length
}

/** A slash divides after a value and opens an expression otherwise; the character before it tells which. */
function startsRegex(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 200), at).trimEnd()
  return before === '' || /[(,=:[!&|?{};+>~^%*-]$|\b(?:return|typeof|case|in|of|await|yield)$/.test(before)
}

function regexEnd(text: string, start: number): number {
  let inClass = false
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '[') inClass = true
    else if (text[at] === ']') inClass = false
    else if (text[at] === '/' && !inClass) return at + 1
  }
  return start + 1
}

function blank(text: string, spans: readonly Span[]): string {
  let result = ''
  let from = 0
  for (const { kind, start, end } of spans) {
    const inner = text.slice(start, end).replaceAll(/[^\n]/g, ' ')
    // Quotes stay, so that `import(' ')` still reads as an import of a text.
    const kept = kind === 'string' ? `${text[start]}${inner.slice(1, -1)}${text[end - 1]}` : inner
    result += text.slice(from, start) + kept
    from = end
  }
  return result + text.slice(from)
}
