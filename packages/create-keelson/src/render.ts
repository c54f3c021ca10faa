import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Answers } from './answers.ts'
import { manifestOf, originText } from './manifest.ts'
import { placeholdersOf } from './placeholders.ts'
import type { PackedPackage } from './tarball.ts'

/** Files by path from the folder of the service, with forward slashes. */
export type Files = ReadonlyMap<string, string>

/** Folder of this package. Sources stand in `src/`, the bundle in `dist/` or `dist/chunks/`. */
const packageFolder = findPackageFolder(dirname(fileURLToPath(import.meta.url)))

/** Version of this package, and of every other package of keelson: they move together. */
export const ownVersion: string = readVersion()

/**
 * Makes every file of a service. Nothing is written, and the same answers give the same files.
 *
 * @param packages tarballs that stand in for the registry; empty where it is used
 * @param version written into `package.json` and `keelson.json`; this package's own unless given
 */
export function render(
  answers: Answers,
  packages: readonly PackedPackage[],
  version: string = ownVersion,
): Files {
  const placeholders = placeholdersOf(answers, version)
  const files = new Map<string, string>([
    ['package.json', `${JSON.stringify(manifestOf(answers, version, packages), null, 2)}\n`],
    ['keelson.json', originText({ version, answers })],
  ])
  for (const part of partsOf(answers)) {
    const folder = join(packageFolder, 'templates', part)
    for (const path of filesOf(folder)) {
      files.set(targetOf(path), substitute(readFileSync(join(folder, path), 'utf8'), placeholders, path))
    }
  }
  return new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Folders of `templates/` that make up a service. */
export function partsOf({ template, ci }: Answers): readonly string[] {
  return [
    'common',
    template,
    ...(template === 'minimal' ? [] : ['cluster']),
    ...(ci === 'jenkins' || ci === 'both' ? ['jenkins'] : []),
    ...(ci === 'github' || ci === 'both' ? ['github'] : []),
  ]
}

/**
 * Puts values in place of `{{name}}`. Nothing else is a placeholder: `${{ github.sha }}` stays.
 *
 * @throws Error for a name without a value, which is a fault of the template
 */
export function substitute(text: string, values: Readonly<Record<string, string>>, path: string): string {
  return text.replaceAll(/\{\{([a-zA-Z]+)\}\}/g, (_whole, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`templates/${path} has no value for {{${name}}}`)
    return value
  })
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join(posix.sep))
}

/** npm leaves `.gitignore` out of what it packs: in `templates/` a leading `_` stands for the dot. */
function targetOf(path: string): string {
  return path.replaceAll(/(^|\/)_/g, '$1.')
}

function findPackageFolder(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'templates'))) return folder
    if (folder === dirname(folder)) throw new Error(`create-keelson is not whole: no templates above ${from}`)
  }
}

function readVersion(): string {
  const text = readFileSync(join(packageFolder, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version // our own manifest
}
