import { type FSWatcher, lstatSync, readdirSync, readFileSync, readlinkSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { nearest } from '@keelson/core/errors'
import type { Clock, TimerHandle } from '@keelson/core/clock'
import { type CompiledSchema, placeOf, placeOfVariable } from './compile-schema.ts'
import type { ConfigFault } from './faults.ts'
import type { Entry, LayerReading } from './layer.ts'

/** Folders whose files are values: a ConfigMap or a Secret of Kubernetes, mounted. */
export interface MountedDirectories {
  /** What the folders hold now. */
  read(): LayerReading
  /** Calls back after a change, perhaps without need; several times for one change. Its watches keep no process alive. */
  watch(onChange: () => void): void
  close(): void
}

/** Where the folders are. */
export interface MountedDirectoriesOptions {
  /** Absolute paths, low to high. */
  readonly directories: readonly string[]
  readonly inKubernetes: boolean
  readonly clock: Clock
}

/**
 * Makes {@link MountedDirectories}. The name of a file is a key (`db.port`) or one of its environment names
 * (`DB__PORT`), its content the value. Names that begin with a dot are the kubelet's own.
 */
export function mountedDirectories(
  schema: CompiledSchema,
  { directories, inKubernetes, clock }: MountedDirectoriesOptions,
): MountedDirectories {
  const watchers = new Map<string, FSWatcher>()
  let timer: TimerHandle | undefined
  return {
    read() {
      const reading: Reading = { entries: [], faults: [], warnings: [] }
      for (const directory of directories) readDirectory(directory, schema, inKubernetes, reading)
      return reading
    },
    watch(onChange) {
      let seen = fingerprint(directories)
      const poll = () => {
        const now = fingerprint(directories)
        if (now !== seen) onChange()
        seen = now
        for (const directory of directories) watchDirectory(directory, watchers, onChange)
        timer = clock.setTimeout(poll, pollMs)
        timer.unref()
      }
      poll()
    },
    close() {
      clock.clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
      watchers.clear()
    },
  }
}

interface Reading {
  readonly entries: Entry[]
  readonly faults: ConfigFault[]
  readonly warnings: string[]
}

// A folder may be on a file system that reports nothing, or be made anew; facts A6.
const pollMs = 30_000

// A ConfigMap or Secret holds at most 1 MiB in all; a single value of configuration is far below.
const maxFileBytes = 65_536

function readDirectory(
  directory: string,
  schema: CompiledSchema,
  inKubernetes: boolean,
  { entries, faults, warnings }: Reading,
): void {
  const fault = (key: string, path: string, problem: string) => {
    const suggestion = `Make it a readable file of at most ${maxFileBytes} bytes.`
    faults.push({ key, problem, origin: path, suggestion })
  }
  const data = dataOf(directory)
  if (data === undefined && inKubernetes) {
    warnings.push(
      `${directory} has no ..data: it is no ConfigMap or Secret mounted as a whole (a subPath, perhaps), so that changes do not reach it.`,
    )
  }
  // Through the link once: all files are of one generation, whatever is swapped meanwhile.
  const folder = data ?? directory
  const origins = new Map<string, string>()
  for (const name of namesIn(folder, directory, faults)) {
    const path = join(directory, name)
    const place = placeOf(schema, name) ?? placeOfVariable(schema, name)
    if (place === undefined) {
      const near = nearest(name, [...schema.leaves.keys(), ...schema.byEnvironmentName.keys()])
      const hint = near === undefined ? '' : ` Did you mean ${near}?`
      warnings.push(`${path} is ignored: no key has this name.${hint}`)
      continue
    }
    const { key } = place.leaf
    const text = textOf(join(folder, name), (problem) => fault(key, path, problem))
    if (text === undefined) continue
    const target = `${key} ${place.member}`
    const other = origins.get(target)
    if (other !== undefined) fault(key, `${other}, ${path}`, 'is set by two files')
    origins.set(target, path)
    const member = place.member === undefined ? {} : { member: place.member }
    entries.push({ key, ...member, layer: 'mounted', origin: path, raw: { kind: 'text', text } })
  }
}

/** The folder that the kubelet's link `..data` leads to; it is swapped for another when the content changes. */
function dataOf(directory: string): string | undefined {
  try {
    return join(directory, readlinkSync(join(directory, '..data')))
  } catch {
    return undefined // a folder of another kind
  }
}

function namesIn(folder: string, directory: string, faults: ConfigFault[]): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.') && !entry.isDirectory())
      .map((entry) => entry.name)
      .toSorted()
  } catch (error) {
    faults.push({
      key: 'KEELSON_CONFIG_DIR',
      problem: `names ${directory}, which cannot be read (${codeOf(error)})`,
      origin: 'env KEELSON_CONFIG_DIR',
      suggestion: 'Mount the ConfigMap or Secret there, or unset the variable.',
    })
    return []
  }
}

function textOf(path: string, fault: (problem: string) => void): string | undefined {
  try {
    const stats = statSync(path)
    if (!stats.isFile()) fault('is no regular file')
    else if (stats.size > maxFileBytes) fault('is a file that is too large')
    // Editors and `--from-file` end a file with a newline that is not part of the value.
    else return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    fault(`is a file that cannot be read (${codeOf(error)})`)
  }
  return undefined
}

/** Differs when the content does: by the kubelet's link, else by what the file system says of each file. */
function fingerprint(directories: readonly string[]): string {
  const marks = directories.flatMap((directory) => {
    const data = dataOf(directory)
    if (data !== undefined) return [data]
    try {
      return readdirSync(directory)
        .toSorted()
        .map((name) => {
          const { mtimeMs, size, ino } = lstatSync(join(directory, name))
          return `${name} ${mtimeMs} ${size} ${ino}`
        })
    } catch (error) {
      return [codeOf(error)]
    }
  })
  return marks.join('\n')
}

/** The folder, not its files: a watch on a file does not see that the link above it was swapped (measured, facts A6). */
function watchDirectory(directory: string, watchers: Map<string, FSWatcher>, onChange: () => void): void {
  if (watchers.has(directory)) return
  try {
    const watcher = watch(directory, { persistent: false }, () => onChange())
    watcher.on('error', () => {
      watcher.close()
      watchers.delete(directory) // the next poll makes another
    })
    watchers.set(directory, watcher)
  } catch {
    // Out of watches, or the folder is gone: the poll sees what happens.
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error'
}
