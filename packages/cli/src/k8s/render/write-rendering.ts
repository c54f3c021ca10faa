import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { KeelsonError } from '@keelson/core/errors'
import type { RenderedFile } from './render-plan.ts'

/** What happened to one file, or would. */
export interface FileOutcome {
  readonly path: string
  /**
   * - `new`: was not there
   * - `changed`: was as it was rendered last, and the rendering has changed
   * - `same`: nothing to do
   * - `kept`: was edited or taken away by hand; the rendering is as it was
   * - `conflict`: was edited or taken away by hand, and the rendering has changed
   */
  readonly what: 'new' | 'changed' | 'same' | 'kept' | 'conflict'
}

/** What was rendered last, so that a later rendering knows edits from its own words. */
const recordFile = '.keelson-render.json'

/** How to write. */
export interface WriteOptions {
  readonly folder: string
  /** What becomes of files that were edited: they are told of, replaced, or kept and from then on agreed to. */
  readonly edited: 'report' | 'overwrite' | 'accept'
  /** Only says what would happen. */
  readonly dryRun: boolean
}

/**
 * Writes a rendering. A file that somebody has edited since the last one is left as it is, unless `edited` says otherwise.
 *
 * @throws KeelsonError `KEELSON_CLI_REPORT_UNWRITABLE`
 */
export function writeRendering(
  files: readonly RenderedFile[],
  { folder, edited, dryRun }: WriteOptions,
): readonly FileOutcome[] {
  const record = readRecord(join(folder, recordFile))
  const outcomes = files.map((file): FileOutcome => ({ path: file.path, what: whatOf(file, folder, record) }))
  if (dryRun) return outcomes
  const written = outcomes.map(({ path, what }) => {
    const isTaken = edited === 'overwrite' && (what === 'conflict' || what === 'kept')
    return { path, what: isTaken ? ('changed' as const) : what }
  })
  const next = new Map(record)
  for (const [index, { path, what }] of written.entries()) {
    const file = files[index]
    if (file === undefined || (what === 'conflict' && edited !== 'accept')) continue
    if (what === 'new' || what === 'changed') write(join(folder, path), file.text)
    if (file.isUsers !== true) next.set(path, digest(file.text))
  }
  write(join(folder, recordFile), `${JSON.stringify(Object.fromEntries(next), undefined, 2)}\n`)
  return written
}

function whatOf(
  { path, text, isUsers }: RenderedFile,
  folder: string,
  record: ReadonlyMap<string, string>,
): FileOutcome['what'] {
  const file = join(folder, path)
  const there = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (isUsers === true) return there === undefined ? 'new' : 'same'
  const last = record.get(path)
  if (there === text) return 'same'
  if (there === undefined && last === undefined) return 'new'
  if (there !== undefined && last === digest(there)) return 'changed'
  return last === digest(text) ? 'kept' : 'conflict'
}

function readRecord(path: string): ReadonlyMap<string, string> {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof content !== 'object' || content === null) return new Map()
    return new Map(
      Object.entries(content).flatMap(([file, value]) => (typeof value === 'string' ? [[file, value]] : [])),
    )
  } catch {
    // Without it every file that differs counts as edited, which loses nothing.
    return new Map()
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new KeelsonError('KEELSON_CLI_REPORT_UNWRITABLE', `${path} cannot be written: ${reason}.`, {
      cause: error,
    })
  }
}
