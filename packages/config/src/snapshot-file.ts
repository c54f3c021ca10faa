import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@keelson/core/clock'
import { checkOptions, optionRules } from '@keelson/core/errors'
import type { SourceLayer, SourceSnapshot } from './config-source.ts'
import { isPlainObject } from './plain-object.ts'

/** Where the last good values of the sources are kept for the next start. */
export interface SnapshotFileOptions {
  /** Folder of the file `<service>.<env>.config.json`; made when it is missing. In Kubernetes an emptyDir: it outlives the container. */
  readonly directory: string
  /**
   * Age in milliseconds beyond which the file is not used. The age counts from the last time the source was read.
   *
   * @range above 0
   * @defaultValue 86400000 — 24 h: longer than any outage of etcd that nobody repairs, shorter than a forgotten volume
   */
  readonly maxAgeMs?: number
}

/** Values of {@link SnapshotFileOptions} that were left out. */
export const snapshotFileDefaults: { readonly maxAgeMs: number } = Object.freeze({ maxAgeMs: 86_400_000 })

/** What a source held, and when. */
export interface HeldSnapshot {
  readonly snapshot: SourceSnapshot
  /** Milliseconds since 1970. */
  readonly readAtMs: number
}

/** The file of the last good values. */
export interface SnapshotFile {
  readonly path: string
  /** What the file holds of a source, or why it cannot be used, as the end of a sentence about the snapshot. */
  read(source: string): Promise<HeldSnapshot | { readonly unusable: string }>
  /** Writes what the sources hold, by name, in the background; only what has changed, or is older than ten minutes. */
  save(held: ReadonlyMap<string, HeldSnapshot>): void
  /** Why the last writing failed, as a sentence. */
  readonly problem: string | undefined
  /** Waits for the writing in progress. */
  close(): Promise<void>
}

/** Names the file of a service, and how it is written. */
export interface SnapshotFilePlace extends SnapshotFileOptions {
  readonly service: string
  readonly environment: string
  readonly clock: Clock
  /** Whether the value of a key may be on disk: secrets and what the schema does not know may not. */
  readonly mayBeKept: (key: string) => boolean
}

/**
 * Makes a {@link SnapshotFile}. Nothing is read or written yet.
 *
 * @throws KEELSON_CONFIG_OPTIONS_INVALID
 */
export function createSnapshotFile(place: SnapshotFilePlace): SnapshotFile {
  const { service, environment, clock, mayBeKept } = place
  checkOptions<SnapshotFileOptions>(
    'KEELSON_CONFIG_OPTIONS_INVALID',
    'snapshotFile of createConfig',
    { directory: place.directory, ...(place.maxAgeMs === undefined ? {} : { maxAgeMs: place.maxAgeMs }) },
    { directory: optionRules.string, maxAgeMs: optionRules.number({ above: 0 }) },
  )
  const maxAgeMs = place.maxAgeMs ?? snapshotFileDefaults.maxAgeMs
  const path = join(place.directory, `${service}.${environment}.config.json`)
  let problem: string | undefined
  let written = { content: '', atMs: Number.NEGATIVE_INFINITY }
  let next: string | undefined
  let writing: Promise<void> | undefined

  async function write(): Promise<void> {
    while (next !== undefined) {
      const text = next
      next = undefined
      try {
        await writeWhole(place.directory, path, text)
        problem = undefined
      } catch (error) {
        written = { content: '', atMs: Number.NEGATIVE_INFINITY } // the next reading tries again
        problem = `The configuration snapshot ${path} cannot be written (${codeOf(error)}): the next start depends on the sources.`
      }
    }
    writing = undefined
  }

  return {
    path,
    get problem() {
      return problem
    },
    async read(source) {
      const stored = await readStored(path, source)
      if ('unusable' in stored) return stored
      // A clock that was set back makes a file from the future, which is as little to be trusted as an old one.
      const ageMs = Math.abs(clock.now() - stored.readAtMs)
      if (ageMs > maxAgeMs) return { unusable: `is ${hours(ageMs)} old, more than ${hours(maxAgeMs)}` }
      return stored
    },
    save(held) {
      const sources = [...held].map(([name, { snapshot, readAtMs }]) => {
        const layers = snapshot.layers.map(({ entries, unknownKeys }) => ({
          entries: entries.filter(({ key }) => mayBeKept(key)),
          unknownKeys,
        }))
        return { name, readAtMs, revision: snapshot.revision, layers }
      })
      const content = JSON.stringify(sources.map(({ name, layers }) => [name, layers]))
      if (content === written.content && clock.now() - written.atMs < refreshMs) return
      written = { content, atMs: clock.now() }
      next = `${JSON.stringify({ form: FORM, service, environment, sources }, undefined, 1)}\n`
      writing ??= write()
    },
    async close() {
      await writing
    },
  }
}

/** Version of the file's form; a file of another one is not used. */
const FORM = 1

// Rewritten although nothing changed, so that its age stays far below any sensible limit.
const refreshMs = 600_000

// Above the 4 MiB that a source may hold, with origins and escapes; more was not written by this package.
const maxFileBytes = 32 * 1024 * 1024

/** Written beside and renamed, so that a reader finds the old file or the new one, whatever dies in between. */
async function writeWhole(directory: string, path: string, text: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  const beside = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(beside, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined) // a folder that cannot be written to has no such file
    throw error
  }
  const folder = await open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function readStored(
  path: string,
  source: string,
): Promise<HeldSnapshot | { readonly unusable: string }> {
  let text: string
  try {
    const file = await open(path, 'r')
    try {
      if ((await file.stat()).size > maxFileBytes) return { unusable: 'is too large to be one' }
      text = await readFile(file, 'utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    const code = codeOf(error)
    return { unusable: code === 'ENOENT' ? 'does not exist yet' : `cannot be read (${code})` }
  }
  const found = sourceIn(text, source)
  return found ?? { unusable: 'is damaged or does not hold this source' }
}

/** Everything is checked: who can write the folder must not be able to do more than set values. */
function sourceIn(text: string, source: string): HeldSnapshot | undefined {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isPlainObject(content) || content.form !== FORM || !Array.isArray(content.sources)) return undefined
  const found: unknown = content.sources.find((item) => isPlainObject(item) && item.name === source)
  if (!isPlainObject(found)) return undefined
  const { readAtMs, revision, layers } = found
  if (typeof readAtMs !== 'number' || typeof revision !== 'string' || !Array.isArray(layers)) return undefined
  const read = layers.map(layerIn)
  return read.includes(undefined)
    ? undefined
    : { readAtMs, snapshot: { revision, layers: read.filter((layer) => layer !== undefined) } }
}

function layerIn(layer: unknown): SourceLayer | undefined {
  if (!isPlainObject(layer) || !Array.isArray(layer.entries)) return undefined
  const entries = layer.entries.flatMap((entry: unknown) =>
    isPlainObject(entry) &&
    typeof entry.key === 'string' &&
    typeof entry.text === 'string' &&
    typeof entry.origin === 'string'
      ? [{ key: entry.key, text: entry.text, origin: markedOrigin(entry.origin) }]
      : [],
  )
  if (entries.length !== layer.entries.length) return undefined
  return { entries, unknownKeys: layer.unknownKeys === 'warn' ? 'warn' : 'ignore' }
}

/** A value that is started from again and again is still marked once. */
function markedOrigin(origin: string): string {
  return origin.endsWith(' (snapshot)') ? origin : `${origin} (snapshot)`
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error'
}

function hours(durationMs: number): string {
  return `${Math.round(durationMs / 360_000) / 10} h`
}
