import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { completeLock } from '../../scripts/lock-platforms.mjs'
import type { Tarball } from '../../scripts/pack.ts'
import { runCommand, type CommandResult } from '../../scripts/run-command.ts'

/** `create-keelson` as npm would install it, and the tarballs that it makes services from. */
export interface Creator {
  /** Its program. */
  readonly program: string
  /** Folder of the tarballs. */
  readonly packagesFolder: string
}

/** Installs the packed `create-keelson` into a folder. */
export async function installCreator(folder: string, tarballs: readonly Tarball[]): Promise<Creator> {
  const tarball = tarballs.find(({ packageName }) => packageName === 'create-keelson')
  if (tarball === undefined) throw new Error('create-keelson is not among the packed packages')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  const { code, output } = await runCommand('npm', ['install', ...flags, tarball.path], { cwd: folder })
  if (code !== 0) throw new Error(`create-keelson cannot be installed:\n${output}`)
  return {
    program: join(folder, 'node_modules/.bin/create-keelson'),
    packagesFolder: dirname(tarball.path),
  }
}

/** Makes a service from the tarballs. Its lock file is completed, so that `npm ci` accepts it whatever the registry listed. */
export async function createService(
  { program, packagesFolder }: Creator,
  folder: string,
  args: readonly string[] = [],
): Promise<CommandResult> {
  const all = [folder, '--packages', packagesFolder, ...args]
  const result = await runCommand(program, all, {
    cwd: dirname(folder),
    env: { npm_config_prefer_offline: 'true' },
  })
  if (result.code === 0 && !args.includes('--no-install')) completeLockOf(folder)
  return result
}

/** See scripts/lock-platforms.mjs. */
function completeLockOf(folder: string): void {
  const path = join(folder, 'package-lock.json')
  const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, unknown> } // npm wrote it
  completeLock(lock)
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
}
