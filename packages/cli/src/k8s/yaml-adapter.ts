import { LineCounter, parseAllDocuments } from 'yaml'

/** One document of a YAML or JSON text. */
export interface ParsedDocument {
  readonly value: unknown
  /** Where it begins, from 1. */
  readonly line: number
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
    documents.push({ value, line: lines.linePos(document.contents?.range?.[0] ?? 0).line })
  }
  return { documents, problems }
}
