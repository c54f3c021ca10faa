import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'

/** A way into an object: names of fields, numbers of items. */
export type FieldPath = readonly (string | number)[]

/** One document of a YAML or JSON text. */
export interface ParsedDocument {
  readonly value: unknown
  /** Where it begins, from 1. */
  readonly line: number
  /** Where a field begins: its own line, or that of the nearest thing around it that has one. */
  readonly lineOf: (path: FieldPath) => number
}

/** Documents of a text, and what is wrong with its form. */
export interface ParsedText {
  readonly documents: readonly ParsedDocument[]
  readonly problems: readonly string[]
}

/** Reads YAML 1.2 in the form that Kubernetes takes, JSON included. Empty documents are left out. */
export function parseYaml(text: string): ParsedText {
  const lines = new LineCounter()
  const documents: ParsedDocument[] = []
  const problems: string[] = []
  for (const document of parseAllDocuments(text, { lineCounter: lines, logLevel: 'silent' })) {
    problems.push(...document.errors.map(({ message }) => message.split('\n')[0] ?? message))
    const value: unknown = document.errors.length > 0 ? undefined : document.toJS()
    if (value === undefined || value === null) continue
    const lineAt = (offset: number | undefined): number => lines.linePos(offset ?? 0).line
    documents.push({
      value,
      line: lineAt(document.contents?.range?.[0]),
      lineOf: (path) => lineAt(offsetOf(document, path)),
    })
  }
  return { documents, problems }
}

/** Where the key of a field begins; of what is around it when the field comes from an alias or is not there. */
function offsetOf(document: Document.Parsed, path: FieldPath): number | undefined {
  // What the parser gave: every node of it knows its range.
  let node: unknown = document.contents
  let found = startOf(node)
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => (isScalar(key) ? key.value : key) === step)
      if (pair === undefined) return found
      found = startOf(pair.key) ?? found
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      found = startOf(node) ?? found
    } else return found
  }
  return found
}

function startOf(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null && 'range' in node
    ? ((node as Node).range?.[0] ?? undefined) // only nodes of the parser have such a field
    : undefined
}
