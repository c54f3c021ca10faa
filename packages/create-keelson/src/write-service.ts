import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CreateError } from './create-error.ts'
import { vendorFolder } from './manifest.ts'
import type { Files } from './render.ts'
import type { PackedPackage } from './tarball.ts'

/**
 * Refuses a folder that holds anything but a fresh repository of git.
 *
 * @throws CreateError `KEELSON_CREATE_FOLDER_NOT_EMPTY`
 */
export function requireEmpty(folder: string, shown: string): void {
  if (!existsSync(folder)) return
  let found: readonly string[]
  try {
    found = readdirSync(folder)
  } catch {
    throw new CreateError('KEELSON_CREATE_FOLDER_NOT_EMPTY', `${shown} is a file. Name a folder.`)
  }
  const [first] = found.filter((name) => name !== '.git')
  if (first === undefined) return
  throw new CreateError(
    'KEELSON_CREATE_FOLDER_NOT_EMPTY',
    `${shown} is not empty (${first}${found.length > 1 ? ' and more' : ''}). Nothing was changed. Name another folder, or empty this one.`,
  )
}

/** Writes the files of a service. Each must not exist yet: another process that writes there too is not overwritten either. */
export function writeFiles(folder: string, files: Files): void {
  for (const [path, text] of files) {
    const target = join(folder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text, { flag: 'wx' })
  }
}

/** Copies tarballs of keelson into the service, so that it installs and builds wherever it is cloned. */
export function copyPackages(folder: string, from: string, packages: readonly PackedPackage[]): void {
  if (packages.length === 0) return
  mkdirSync(join(folder, vendorFolder), { recursive: true })
  for (const { file } of packages) copyFileSync(join(from, file), join(folder, vendorFolder, file))
}
