import type { StandardIssue } from '@keelson/core/standard-schema'
import type { Leaf } from './compile-schema.ts'
import type { Coerced } from './formats.ts'
import { plainValue, readJson } from './json-reader.ts'
import type { Entry } from './layer.ts'
import { isPlainObject } from './plain-object.ts'

/** What is wrong with a group, and with which of its members. */
export interface GroupProblem {
  /** Dotted key of the member, or of the group. */
  readonly key: string
  /** The entry that set it, if one did. */
  readonly entry: Entry | undefined
  readonly problem: Coerced
}

/**
 * The value of a group under one Standard Schema: what the layers hold of it, merged member by member, then checked as
 * a whole. A member that came as text is tried as text; where the schema refuses it and it is JSON, as its value.
 */
export function groupValue(
  leaf: Leaf,
  candidates: readonly Entry[],
): { readonly value: unknown } | { readonly problems: readonly GroupProblem[] } {
  let merged: unknown = isPlainObject(leaf.schema.default) ? leaf.schema.default : {}
  const texts = new Map<string, string>()
  for (const entry of candidates) {
    if (entry.member !== undefined && entry.raw.kind === 'text') {
      texts.set(entry.member, entry.raw.text)
      merged = withMember(merged, entry.member.split('.'), entry.raw.text)
    } else {
      const value = entry.raw.kind === 'json' ? entry.raw.value : jsonOf(entry.raw.text)
      merged = deepMerge(merged, value)
      forgetReplaced(texts, merged)
    }
  }
  let coerced = leaf.format.fromValue(merged)
  while (!coerced.ok) {
    const before = texts.size
    for (const path of (coerced.issues ?? []).map(pathOf)) {
      const text = texts.get(path)
      const value = text === undefined ? undefined : jsonOf(text)
      if (value !== undefined && value !== text) merged = withMember(merged, path.split('.'), value)
      texts.delete(path)
    }
    if (texts.size === before) return { problems: problemsOf(leaf, candidates, coerced) }
    coerced = leaf.format.fromValue(merged)
  }
  return { value: coerced.value }
}

/** A member that a higher layer has set anew is no longer a text to be tried otherwise. */
function forgetReplaced(texts: Map<string, string>, merged: unknown): void {
  for (const [path, text] of texts) {
    let value = merged
    for (const name of path.split('.')) value = isPlainObject(value) ? value[name] : undefined
    if (value !== text) texts.delete(path)
  }
}

/** Names have passed `isMemberPath`, so that none reaches a prototype. */
function withMember(group: unknown, [name = '', ...rest]: readonly string[], value: unknown): unknown {
  const members = isPlainObject(group) ? group : {}
  return { ...members, [name]: rest.length === 0 ? value : withMember(members[name], rest, value) }
}

function deepMerge(below: unknown, above: unknown): unknown {
  if (!isPlainObject(below) || !isPlainObject(above)) return above
  const merged = Object.entries(above).map(([name, value]) => [name, deepMerge(below[name], value)])
  return { ...below, ...Object.fromEntries(merged) }
}

/** The value of a JSON text; the text itself where it is none. */
function jsonOf(text: string): unknown {
  const { root, problems } = readJson(text)
  return root === undefined || problems.length > 0 ? text : plainValue(root)
}

function pathOf({ path = [] }: StandardIssue): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
}

function problemsOf(
  leaf: Leaf,
  candidates: readonly Entry[],
  refused: Coerced & { readonly ok: false },
): readonly GroupProblem[] {
  const issues = refused.issues ?? []
  if (issues.length === 0) return [{ key: leaf.key, entry: candidates.at(-1), problem: refused }]
  return issues.map((issue) => {
    const path = pathOf(issue)
    const own = candidates.findLast(({ member }) => member === path)
    return {
      key: path === '' ? leaf.key : `${leaf.key}.${path}`,
      entry: own ?? candidates.findLast(({ member }) => member === undefined),
      problem: { ok: false, problem: `is refused: ${issue.message}`, foreign: true },
    }
  })
}
