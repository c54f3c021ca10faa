import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { CreateError } from './create-error.ts'

/** The fields of a packed manifest that matter here. */
interface PackedManifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** One packed package of keelson. */
export interface PackedPackage {
  readonly name: string
  readonly version: string
  /** Name of the file in its folder: `keelson-core-0.1.0.tgz`. */
  readonly file: string
  /** Names of the packages that it needs at run time. */
  readonly needs: readonly string[]
}

// POSIX.1-1988 ustar: blocks of 512 bytes; name at 0 (100 bytes), size at 124 (12 bytes, octal).
const BLOCK_BYTES = 512

/**
 * Finds the packages that a service needs among the tarballs of a folder: those that are named, and what they need in turn.
 *
 * @throws CreateError `KEELSON_CREATE_PACKAGES_INCOMPLETE` when one of those named is missing
 */
export function findPackages(folder: string, wanted: readonly string[]): readonly PackedPackage[] {
  const all = new Map(readPackages(folder).map((one) => [one.name, one]))
  const found = new Map<string, PackedPackage>()
  const queue = [...wanted]
  for (const name of queue) {
    const one = all.get(name)
    if (one === undefined && wanted.includes(name)) {
      throw new CreateError(
        'KEELSON_CREATE_PACKAGES_INCOMPLETE',
        `There is no tarball of ${name} in ${folder}. Make the folder by npm run pack in a clone of keelson.`,
      )
    }
    if (one === undefined || found.has(name)) continue
    found.set(name, one)
    queue.push(...one.needs)
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function readPackages(folder: string): readonly PackedPackage[] {
  let files: readonly string[]
  try {
    files = readdirSync(folder).filter((file) => file.endsWith('.tgz'))
  } catch {
    throw new CreateError(
      'KEELSON_CREATE_PACKAGES_INCOMPLETE',
      `The folder ${folder} of --packages cannot be read. Make it by npm run pack in a clone of keelson.`,
    )
  }
  return files.flatMap((file) => {
    const manifest = readManifest(readFileSync(join(folder, file)))
    if (manifest === undefined) return []
    const { name, version, dependencies = {}, optionalDependencies = {} } = manifest
    const needs = [...Object.keys(dependencies), ...Object.keys(optionalDependencies)]
    return [{ name, version, file, needs }]
  })
}

/** `package.json` of a packed package; `undefined` when the bytes are none. */
export function readManifest(tarball: Uint8Array): PackedManifest | undefined {
  let bytes: Buffer
  try {
    bytes = gunzipSync(tarball)
  } catch {
    return undefined
  }
  for (let at = 0; at + BLOCK_BYTES <= bytes.length; ) {
    const name = textAt(bytes, at, 100)
    const sizeBytes = Number.parseInt(textAt(bytes, at + 124, 12), 8)
    // Two blocks of zeros end an archive.
    if (name === '' || Number.isNaN(sizeBytes)) return undefined
    const start = at + BLOCK_BYTES
    if (name === 'package/package.json') {
      return JSON.parse(bytes.toString('utf8', start, start + sizeBytes)) as PackedManifest // npm has packed it
    }
    at = start + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES
  }
  return undefined
}

function textAt(bytes: Buffer, at: number, length: number): string {
  const end = bytes.indexOf(0, at)
  return bytes.toString('utf8', at, end === -1 ? at + length : Math.min(end, at + length))
}
