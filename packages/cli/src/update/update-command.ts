import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { KeelsonError } from '@keelson/core/errors'
import type { CommandIo, CommandModule } from '../command.ts'
import { cliExitCodes } from '../exit-codes.ts'
import { hasConflictMarks } from './merge-lines.ts'
import { type Files, planUpdate, type UpdateStep } from './plan-update.ts'
import { replay, run as runProgram } from './replay.ts'
import {
  applySteps,
  isVendored,
  type Origin,
  readOrigin,
  readService,
  refused,
  replacePackages,
  requireNewer,
  vendorFolder,
} from './service-files.ts'
import { newestVersion, tarballOf } from './template-version.ts'

const help = `keelson update [options]

Brings the service in this folder to a newer template. The template that it was made from, which keelson.json names, and the new one
are both rendered with the answers of the service, and the difference is merged: what you changed stays, what only the template
changed is taken, what both changed in different ways is marked as git marks a conflict.

  --check            whether there is a newer template: exit code 1 if so; for CI
  --dry-run          show what would be done
  --to VERSION       this version, in place of the newest
  --packages DIR     packed tarballs of keelson in place of the registry
  --allow-dirty      although git has uncommitted changes here, or there is no git

Files that npm run generate writes are no part of the template; run it afterwards. Exit codes: 0 up to date or updated, 1 conflicts to
resolve or (--check) a newer template, 2 wrong command line or refused, 3 a template cannot be had, 4 internal error.

  keelson update --check
  keelson update && npm install && npm run generate && git diff
`

/** `keelson update`. */
export const command: CommandModule = { help, run }

interface UpdateOptions {
  readonly check: boolean
  readonly dryRun: boolean
  readonly allowDirty: boolean
  readonly to: string | undefined
  /** Full path. */
  readonly packagesFolder: string | undefined
}

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const options = readOptions(args, io.cwd)
  const origin = readOrigin(io.cwd)
  const work = mkdtempSync(join(tmpdir(), 'keelson-update-'))
  try {
    const place = { cwd: io.cwd, work, signal: io.signal }
    const version = options.to ?? (await newestVersion({ ...place, folder: options.packagesFolder }))
    requireNewer(version, origin)
    if (version === origin.version) {
      io.out(`Up to date: made from template ${origin.version}, which is the newest.\n`)
      return cliExitCodes.pass
    }
    if (options.check) {
      io.out(`Behind: made from template ${origin.version}; ${version} is there. Run keelson update.\n`)
      return cliExitCodes.broken
    }
    if (!options.allowDirty && !options.dryRun) await requireClean(io)
    return await update(origin, version, options, work, io)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function update(
  origin: Origin,
  version: string,
  { packagesFolder, dryRun }: UpdateOptions,
  work: string,
  io: CommandIo,
): Promise<number> {
  const { cwd, signal } = io
  const place = { cwd, work, signal }
  const ownFolder = isVendored(cwd, origin) ? join(cwd, vendorFolder) : undefined
  const replayed = async (at: string, wanted: string, folder: string | undefined): Promise<Files> => {
    const packages = folder === undefined ? 'registry' : 'vendor'
    const answers = { ...origin.answers, packages }
    const tarball = await tarballOf(wanted, { ...place, folder })
    return replay({
      tarball,
      origin: { version: wanted, answers },
      packagesFolder: folder,
      work: join(work, at),
      signal,
    })
  }
  const base = await replayed('base', origin.version, ownFolder)
  const theirs = await replayed('theirs', version, packagesFolder)
  const yours = readService(cwd)
  const marked = [...yours].find(
    ([path, text]) => (base.has(path) || theirs.has(path)) && hasConflictMarks(text),
  )
  if (marked !== undefined)
    throw refused(`${marked[0]} holds the marks of a conflict. Resolve it first, and commit.`)
  const names = { yours: 'yours', base: `template ${origin.version}`, theirs: `template ${version}` }
  const steps = planUpdate({ base, theirs, yours, names })
  if (!dryRun) {
    applySteps(cwd, steps)
    if (packagesFolder !== undefined)
      replacePackages(cwd, packagesFolder, theirs.get('package.json') ?? '', version)
  }
  io.out(report(steps, origin.version, version, dryRun))
  return steps.some(({ action }) => action === 'conflict') ? cliExitCodes.broken : cliExitCodes.pass
}

/** Without a commit to go back to, an update could not be undone. */
async function requireClean({ cwd, signal }: CommandIo): Promise<void> {
  let status: string
  try {
    status = await runProgram('git', ['status', '--porcelain', '--', '.'], cwd, signal)
  } catch {
    throw refused(
      'This folder is in no repository of git, so that the update could not be undone. Commit it first, or give --allow-dirty.',
    )
  }
  if (status.trim() !== '')
    throw refused(
      `git has uncommitted changes here:\n${status.trimEnd()}\nCommit them first, or give --allow-dirty.`,
    )
}

const words: Readonly<Record<UpdateStep['action'], string>> = {
  added: 'added',
  changed: 'changed',
  removed: 'removed',
  moved: 'moved',
  conflict: 'CONFLICT',
  kept: 'kept yours',
}

function report(steps: readonly UpdateStep[], from: string, to: string, dryRun: boolean): string {
  const lines = steps.map(({ action, path, from: before, note }) => {
    const moved = before === undefined ? path : `${before} → ${path}`
    return `  ${words[action].padEnd(10)}  ${moved}${note === undefined ? '' : `  (${note})`}\n`
  })
  const conflicts = steps.filter(({ action }) => action === 'conflict').length
  const next =
    conflicts > 0
      ? `${conflicts === 1 ? 'One file has' : `${conflicts} files have`} conflicts. Search for <<<<<<<, choose, then`
      : 'Next:'
  return `Template ${from} → ${to}${dryRun ? ', nothing written' : ''}:\n${lines.join('')}\n${next} npm install && npm run generate && npm run check && git diff\n`
}

function readOptions(args: readonly string[], cwd: string): UpdateOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        check: { type: 'boolean' },
        'dry-run': { type: 'boolean' },
        'allow-dirty': { type: 'boolean' },
        to: { type: 'string' },
        packages: { type: 'string' },
      },
    })
    if (values.to !== undefined && !/^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/.test(values.to))
      throw new TypeError(`--to is "${values.to}". It takes a version such as 1.4.0.`)
    return {
      check: values.check === true,
      dryRun: values['dry-run'] === true,
      allowDirty: values['allow-dirty'] === true,
      to: values.to,
      packagesFolder: values.packages === undefined ? undefined : resolve(cwd, values.packages),
    }
  } catch (error) {
    const message = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new KeelsonError('KEELSON_CLI_USAGE', `${message} See keelson update --help.`)
  }
}
