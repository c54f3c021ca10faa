import { createHash } from 'node:crypto'
import { type Dirent, type FSWatcher, readdirSync, readFileSync, statSync, watch } from 'node:fs'
import { basename, dirname, extname, join, sep } from 'node:path'
import { type Clock, systemClock, type TimerHandle } from '@keelson/core/clock'

/** What is watched, and who is told. */
export interface WatchOptions {
  /** Absolute folders, or files. */
  readonly paths: readonly string[]
  /** Told once all is quiet again, with the files whose content changed. */
  readonly onChange: (files: readonly string[]) => void
  /** Absolute folders that are left out: what a service writes itself. */
  readonly except?: readonly string[]
  /** A file whose folders are watched even where their names say that they hold what was built. */
  readonly entry?: string
  readonly clock?: Clock
}

/** A watch. */
export interface FolderWatch {
  /** Number of folders watched. */
  readonly folderCount: number
  /** Whether there were more folders than the bound allows. */
  readonly incomplete: boolean
  close(): void
}

/** Editors write a file in several steps, and tools several files: in milliseconds, after the last of them. */
const QUIET_MS = 150
/** Each watched folder is a kernel object of the user's (`fs.inotify.max_user_watches`). */
const MAX_FOLDERS = 2_000
/** Larger files are compared by size and time. Bytes. */
const MAX_HASHED_BYTES = 1_048_576

const ignoredFolders: ReadonlySet<string> = new Set([
  'node_modules',
  'coverage',
  'test',
  'tests',
  '__tests__',
])
/** Written by tools; watched only where the service starts from there. */
const builtFolders: ReadonlySet<string> = new Set(['dist', 'build', 'out'])
const watchedEndings: ReadonlySet<string> = new Set(
  '.ts .mts .cts .tsx .js .mjs .cjs .jsx .json .yaml .yml .env .graphql .proto .sql .wasm'.split(' '),
)

/**
 * Watches source and configuration files below some folders. Left out: `node_modules`, hidden folders, tests. A file that
 * is written again with the same content is no change.
 */
export function watchFolders(options: WatchOptions): FolderWatch {
  const { paths, onChange, except = [], entry = '', clock = systemClock } = options
  const watchers = new Map<string, FSWatcher>()
  const contents = new Map<string, string>()
  const touched = new Set<string>()
  let timer: TimerHandle | undefined
  let incomplete = false

  const isWatchedFolder = (path: string): boolean => {
    const name = basename(path)
    if (name.startsWith('.') || ignoredFolders.has(name) || except.includes(path)) return false
    return !builtFolders.has(name) || entry.startsWith(`${path}${sep}`)
  }
  const report = (): void => {
    const changed = [...touched].filter((file) => {
      const before = contents.get(file)
      const now = fingerprint(file)
      if (now === undefined) contents.delete(file)
      else contents.set(file, now)
      return before !== now
    })
    touched.clear()
    if (changed.length > 0) onChange(changed.toSorted())
  }
  const touch = (file: string): void => {
    touched.add(file)
    clock.clearTimeout(timer)
    timer = clock.setTimeout(report, QUIET_MS)
  }
  /** @param isNew whether its files are changes, since the folder came after the watch began */
  const add = (folder: string, isNew: boolean): void => {
    if (watchers.has(folder)) return
    if (watchers.size >= MAX_FOLDERS) {
      incomplete = true
      return
    }
    const watcher = watchOne(folder, (name) => onEvent(join(folder, name)))
    if (watcher === undefined) return
    watchers.set(folder, watcher)
    for (const found of entriesOf(folder)) {
      const path = join(folder, found.name)
      if (found.isDirectory() && isWatchedFolder(path)) add(path, isNew)
      else if (found.isFile() && isWatchedFile(path)) {
        if (isNew) touch(path)
        else rememberContent(path)
      }
    }
  }
  const rememberContent = (path: string): void => {
    const content = fingerprint(path)
    if (content !== undefined) contents.set(path, content)
  }
  const onEvent = (path: string): void => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isDirectory() === true) {
      if (isWatchedFolder(path)) add(path, true)
      return
    }
    // A folder that is gone takes its watch with it.
    if (found === undefined && watchers.has(path)) {
      watchers.get(path)?.close()
      watchers.delete(path)
    }
    if (isWatchedFile(path)) touch(path)
  }

  for (const path of paths) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) add(path, false)
    else {
      const folder = dirname(path)
      rememberContent(path)
      const watcher = watchOne(folder, (name) => {
        if (join(folder, name) === path) touch(path)
      })
      if (watcher !== undefined) watchers.set(path, watcher)
    }
  }
  return {
    get folderCount() {
      return watchers.size
    },
    get incomplete() {
      return incomplete
    },
    close() {
      clock.clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
      watchers.clear()
    },
  }
}

function watchOne(folder: string, onName: (name: string) => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, (_event, name) => {
      if (name !== null) onName(name)
    })
    // The folder was removed, or the kernel gives no more watches: what else is watched goes on.
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

function isWatchedFile(path: string): boolean {
  const name = basename(path)
  if (name === '.env') return true
  return (
    !name.startsWith('.') && watchedEndings.has(extname(name)) && !/\.(?:test|spec)(?:-d)?\.\w+$/.test(name)
  )
}

/** What tells one content from another; `undefined` when there is no such file. */
function fingerprint(file: string): string | undefined {
  try {
    const { size, mtimeMs } = statSync(file)
    if (size > MAX_HASHED_BYTES) return `${size} ${mtimeMs}`
    return createHash('sha1').update(readFileSync(file)).digest('base64')
  } catch {
    return undefined
  }
}
