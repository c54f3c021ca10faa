import { diff3Merge } from 'node-diff3'

/** How the three sides are named in the marks of a conflict. */
export interface SideNames {
  /** The service as it is. */
  readonly yours: string
  /** The template that it was made from. */
  readonly base: string
  /** The template that it is brought to. */
  readonly theirs: string
}

/** What a merge came to. */
export interface Merged {
  readonly text: string
  /** Places that both sides changed in different ways, each marked in the text. */
  readonly conflictCount: number
}

/**
 * Merges three versions of a text by lines. What one side alone changed is taken; what both changed in different ways is marked as git
 * does it with `merge.conflictStyle=diff3`. The only file that imports `node-diff3`.
 */
export function mergeLines(base: string, yours: string, theirs: string, names: SideNames): Merged {
  const lineEnd = /\r\n/.test(yours) ? '\r\n' : '\n'
  const regions = diff3Merge(linesOf(yours), linesOf(base), linesOf(theirs), { excludeFalseConflicts: true })
  let conflictCount = 0
  const lines = regions.flatMap((region) => {
    if (region.ok !== undefined) return region.ok
    const { conflict } = region
    if (conflict === undefined) return []
    conflictCount++
    return markConflict({ yours: conflict.a, base: conflict.o, theirs: conflict.b }, names)
  })
  return { text: lines.join(lineEnd), conflictCount }
}

/** Lines of a conflict with the marks around them. */
export function markConflict(
  { yours, base, theirs }: Readonly<Record<keyof SideNames, readonly string[]>>,
  names: SideNames,
): readonly string[] {
  return [
    `<<<<<<< ${names.yours}`,
    ...yours,
    `||||||| ${names.base}`,
    ...base,
    '=======',
    ...theirs,
    `>>>>>>> ${names.theirs}`,
  ]
}

/** Whether a text holds marks of a conflict that nobody has resolved. */
export function hasConflictMarks(text: string): boolean {
  return /^<{7} /m.test(text) && /^>{7} /m.test(text)
}

/** The last one is empty where the text ends with a line break, so that a missing one is a difference too. */
function linesOf(text: string): string[] {
  return text.split(/\r?\n/)
}
