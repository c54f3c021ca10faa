import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { KeelsonError } from '@keelson/core/errors'
import { run } from './replay.ts'

/** Where a version of `create-keelson` is. */
export interface TemplatePlace {
  readonly cwd: string
  /** Folder of tarballs; the registry when it is `undefined`. */
  readonly folder: string | undefined
  /** Where a tarball that was fetched may be put. */
  readonly work: string
  readonly signal: AbortSignal
}

const filePattern = /^create-keelson-(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)\.tgz$/

/**
 * Newest version of the template.
 *
 * @throws KeelsonError `KEELSON_CLI_TEMPLATE_UNAVAILABLE`
 */
export async function newestVersion({ cwd, folder, signal }: TemplatePlace): Promise<string> {
  if (folder === undefined) {
    return (await run('npm', ['view', 'create-keelson', 'version', '--loglevel=error'], cwd, signal)).trim()
  }
  const [newest] = versionsIn(folder).toSorted((a, b) => compareVersions(b, a))
  if (newest !== undefined) return newest
  throw unavailable(`There is no tarball of create-keelson in ${folder}.`)
}

/**
 * Tarball of a version of the template, fetched where it is not in the folder.
 *
 * @throws KeelsonError `KEELSON_CLI_TEMPLATE_UNAVAILABLE`
 */
export async function tarballOf(
  version: string,
  { cwd, folder, work, signal }: TemplatePlace,
): Promise<string> {
  const file = `create-keelson-${version}.tgz`
  if (folder !== undefined) {
    if (existsSync(join(folder, file))) return join(folder, file)
    throw unavailable(`There is no ${file} in ${folder}.`)
  }
  const pack = ['pack', `create-keelson@${version}`, `--pack-destination=${work}`, '--loglevel=error']
  await run('npm', pack, cwd, signal)
  return join(work, file)
}

function versionsIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((file) => filePattern.exec(file)?.[1] ?? [])
}

/**
 * Which of two versions is newer, by semver.org §11.
 *
 * @returns below 0 when the first is older
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)]
  for (const index of [0, 1, 2]) {
    const difference = Number(left.numbers[index] ?? 0) - Number(right.numbers[index] ?? 0)
    if (difference !== 0) return difference
  }
  if (left.label === right.label) return 0
  // A release is newer than its candidates.
  if (left.label === '') return 1
  return right.label === '' ? -1 : left.label.localeCompare(right.label, 'en', { numeric: true })
}

function split(version: string): { readonly numbers: readonly string[]; readonly label: string } {
  const [numbers = '', ...label] = version.split('-')
  return { numbers: numbers.split('.'), label: label.join('-') }
}

function unavailable(message: string): KeelsonError {
  return new KeelsonError('KEELSON_CLI_TEMPLATE_UNAVAILABLE', message)
}
