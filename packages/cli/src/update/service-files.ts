import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { KeelsonError } from '@keelson/core/errors'
import type { Files, UpdateStep } from './plan-update.ts'
import { compareVersions } from './template-version.ts'

/** What `keelson.json` of a service says. */
export interface Origin {
  readonly version: string
  readonly answers: Readonly<Record<string, unknown>>
}

/** Folder of a service that holds tarballs of keelson until it is published. */
export const vendorFolder = 'vendor'
/** Folders that hold nothing of a template. */
const skippedFolders: ReadonlySet<string> = new Set([
  'node_modules',
  'dist',
  'coverage',
  'reports',
  'k8s',
  'observability',
  vendorFolder,
])
/** Files of a template are far smaller; whoever has moved one has not made it that large. */
const MAX_BYTES = 1_000_000

/**
 * Reads `keelson.json`.
 *
 * @throws KeelsonError `KEELSON_CLI_UPDATE_REFUSED`
 */
export function readOrigin(cwd: string): Origin {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(join(cwd, 'keelson.json'), 'utf8'))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw refused(`keelson.json says what a service was made from, and cannot be read: ${reason}`)
  }
  if (isOrigin(content)) return content
  throw refused('keelson.json holds no version and answers. Take them from the first commit of the service.')
}

function isOrigin(content: unknown): content is Origin {
  return (
    typeof content === 'object' &&
    content !== null &&
    'version' in content &&
    typeof content.version === 'string' &&
    'answers' in content &&
    typeof content.answers === 'object' &&
    content.answers !== null
  )
}

/** Text files of a service that a template can have to do with. */
export function readService(cwd: string, folder = ''): Files {
  const files = new Map<string, string>()
  for (const entry of readdirSync(join(cwd, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      if (skippedFolders.has(entry.name) || (entry.name.startsWith('.') && entry.name !== '.github')) continue
      for (const [inner, text] of readService(cwd, path)) files.set(inner, text)
    } else if (entry.isFile() && entry.name !== 'package-lock.json') {
      const bytes = readFileSync(join(cwd, path))
      if (bytes.length <= MAX_BYTES && !bytes.includes(0)) files.set(path, bytes.toString('utf8'))
    }
  }
  return files
}

/** Writes what was planned. New files first: whatever interrupts it, nothing is lost that git does not hold. */
export function applySteps(cwd: string, steps: readonly UpdateStep[]): void {
  for (const { path, text } of steps) {
    if (text === undefined) continue
    mkdirSync(dirname(join(cwd, path)), { recursive: true })
    writeFileSync(join(cwd, path), text)
  }
  for (const { path, from, action } of steps) {
    if (action === 'removed') rmSync(join(cwd, path))
    else if (from !== undefined) rmSync(join(cwd, from))
  }
}

/**
 * Brings the tarballs of a service to those that its new package.json names.
 *
 * @param manifest text of the template's package.json
 */
export function replacePackages(cwd: string, from: string, manifest: string, version: string): void {
  const named = [...manifest.matchAll(/"file:vendor\/([^"/]+\.tgz)"/g)].flatMap(([, file]) => file ?? [])
  const wanted = new Set([...named, `create-keelson-${version}.tgz`])
  const folder = join(cwd, vendorFolder)
  mkdirSync(folder, { recursive: true })
  for (const file of wanted) copyFileSync(join(from, file), join(folder, file))
  for (const file of readdirSync(folder)) {
    if (/^(?:create-)?keelson-.*\.tgz$/.test(file) && !wanted.has(file)) rmSync(join(folder, file))
  }
}

/** Whether the service has its packages with it. */
export function isVendored(cwd: string, { version }: Origin): boolean {
  return existsSync(join(cwd, vendorFolder, `create-keelson-${version}.tgz`))
}

/** @throws KeelsonError `KEELSON_CLI_UPDATE_REFUSED` when a version is older than that of the service */
export function requireNewer(version: string, origin: Origin): void {
  if (compareVersions(version, origin.version) < 0)
    throw refused(`The service was made from ${origin.version}; ${version} is older. Give a newer one.`)
}

/** Why nothing was done. */
export function refused(message: string): KeelsonError {
  return new KeelsonError('KEELSON_CLI_UPDATE_REFUSED', message)
}
