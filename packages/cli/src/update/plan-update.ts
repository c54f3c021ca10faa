import { posix } from 'node:path'
import { mergeJson } from './merge-json.ts'
import { mergeLines, type Merged, type SideNames } from './merge-lines.ts'

/** Files by path from the folder of the service, with forward slashes. */
export type Files = ReadonlyMap<string, string>

/** The three sides of an update. */
export interface UpdateSides {
  /** What the template gave when the service was made, or last updated. */
  readonly base: Files
  /** What the template gives now. */
  readonly theirs: Files
  /** The service as it is: every text file that may have to do with the template. */
  readonly yours: Files
  readonly names: SideNames
}

/** One thing that an update does to a file, or leaves. */
export interface UpdateStep {
  readonly path: string
  /** `kept`: the template changed, and yours stands nevertheless; the note says why. */
  readonly action: 'changed' | 'added' | 'removed' | 'moved' | 'conflict' | 'kept'
  /** What the file holds afterwards; missing for `removed` and `kept`. */
  readonly text?: string
  /** Where it was before, for `moved`, and for a conflict in a file that moves. */
  readonly from?: string
  readonly note?: string
}

/** Half of the lines, as git takes two files for one that was renamed. */
const MIN_SIMILARITY = 0.5

/** Decides what an update does, file by file. Nothing is written. */
export function planUpdate(sides: UpdateSides): readonly UpdateStep[] {
  const { base, theirs, yours } = sides
  const movedByTemplate = findMoves(base, theirs, (path) => theirs.has(path))
  const movedByYou = findMoves(base, yours, (path) => yours.has(path))
  const targets = new Set(movedByTemplate.values())
  const paths = [...new Set([...base.keys(), ...theirs.keys()])].toSorted()
  return paths.flatMap((path) => {
    if (targets.has(path)) return []
    const step = movedByTemplate.has(path)
      ? planMove(path, movedByTemplate.get(path) ?? path, sides)
      : planFile(path, movedByYou.get(path), sides)
    return step === undefined ? [] : [step]
  })
}

/** A file that stands where it stood, in the template. */
function planFile(path: string, yourPath: string | undefined, sides: UpdateSides): UpdateStep | undefined {
  const [before, after] = [sides.base.get(path), sides.theirs.get(path)]
  const at = yourPath ?? path
  const current = sides.yours.get(at)
  if (isSame(before, after)) return undefined
  if (current === undefined) {
    if (before === undefined && after !== undefined) return { path, action: 'added', text: after }
    return after === undefined
      ? undefined
      : { path, action: 'kept', note: 'you have deleted it, and the template has changed it' }
  }
  if (isSame(current, after)) return undefined
  if (after === undefined) {
    return isSame(current, before)
      ? { path: at, action: 'removed' }
      : { path: at, action: 'kept', note: 'the template has dropped it, and you have changed it' }
  }
  const { text, conflictCount } = merge(at, before ?? '', current, after, sides.names)
  if (conflictCount > 0) return { path: at, action: 'conflict', text, note: countText(conflictCount) }
  return text === current ? undefined : { path: at, action: 'changed', text }
}

/** A file that the template has moved: your edits move along. */
function planMove(from: string, to: string, sides: UpdateSides): UpdateStep | undefined {
  const [before = '', after = ''] = [sides.base.get(from), sides.theirs.get(to)]
  const current = sides.yours.get(from)
  const occupied = sides.yours.get(to)
  if (current === undefined) {
    // Gone here, or moved by you to that very place already.
    if (occupied === undefined)
      return { path: to, action: 'kept', note: `you have deleted ${from}, which the template has moved here` }
    return planFile(to, undefined, { ...sides, base: new Map([...sides.base, [to, before]]) })
  }
  if (occupied !== undefined) {
    return { path: from, action: 'kept', note: `the template has moved it to ${to}, where you have a file` }
  }
  const { text, conflictCount } = merge(to, before, current, after, sides.names)
  return conflictCount > 0
    ? { path: to, from, action: 'conflict', text, note: countText(conflictCount) }
    : { path: to, from, action: 'moved', text }
}

/** Files of the base that are gone on one side, and stand there under another path: the most similar new file is it. */
function findMoves(base: Files, side: Files, has: (path: string) => boolean): ReadonlyMap<string, string> {
  const moves = new Map<string, string>()
  const free = new Set([...side.keys()].filter((path) => !base.has(path)))
  for (const [path, text] of base) {
    if (has(path)) continue
    const [best] = [...free]
      .filter((other) => posix.extname(other) === posix.extname(path))
      .map((other) => ({ other, similarity: similarityOf(text, side.get(other) ?? '') }))
      .filter(({ similarity }) => similarity >= MIN_SIMILARITY)
      .toSorted((a, b) => b.similarity - a.similarity)
    if (best === undefined) continue
    moves.set(path, best.other)
    free.delete(best.other)
  }
  return moves
}

/** Share of lines that two texts have in common, each line as often as it stands in both. */
function similarityOf(a: string, b: string): number {
  const [first, second] = [a.split(/\r?\n/), b.split(/\r?\n/)]
  const left = new Map<string, number>()
  for (const line of first) left.set(line, (left.get(line) ?? 0) + 1)
  let commonCount = 0
  for (const line of second) {
    const count = left.get(line) ?? 0
    if (count === 0) continue
    left.set(line, count - 1)
    commonCount++
  }
  return commonCount / Math.max(first.length, second.length)
}

function merge(path: string, base: string, yours: string, theirs: string, names: SideNames): Merged {
  const byKeys = path.endsWith('.json') ? mergeJson(base, yours, theirs, names) : undefined
  return byKeys ?? mergeLines(base, yours, theirs, names)
}

/** Line ends are of the machine that a file was checked out on, not of its author. */
function isSame(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined
    ? a === b
    : a.replaceAll('\r\n', '\n') === b.replaceAll('\r\n', '\n')
}

function countText(count: number): string {
  return count === 1 ? '1 place' : `${count} places`
}
