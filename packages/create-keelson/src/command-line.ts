import { basename, join, relative, resolve } from 'node:path'
import { type Answers, completeAnswers } from './answers.ts'
import { CreateError, usage } from './create-error.ts'
import { helpText } from './help.ts'
import { namedPackages } from './manifest.ts'
import { type CreateOptions, readOptions } from './options.ts'
import { type Files, ownVersion, render } from './render.ts'
import { runInService, type ServiceCommand } from './run-command.ts'
import { findPackages, type PackedPackage } from './tarball.ts'
import { copyPackages, requireEmpty, writeFiles } from './write-service.ts'

/** What the command may touch of the world around it; tests hand over their own. */
export interface CreateIo {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Whether somebody can be asked: standard input and output are a terminal. */
  readonly isInteractive: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder that relative paths start from. */
  readonly cwd: string
  /** Aborted when the user wants the command to end. */
  readonly signal: AbortSignal
}

/** What the command ends with. */
export const createExitCodes = {
  made: 0,
  /** The folder is not empty, or a command in the new service failed. */
  failed: 1,
  usage: 2,
  /** SIGINT, and a prompt that was left: 128 + 2. */
  interrupted: 130,
} as const

/**
 * Runs `create-keelson`. Never rejects: an error becomes one message on `err` and an exit code.
 *
 * @param args what stands after the name of the command
 * @returns exit code, see {@link createExitCodes}
 */
export async function runCreate(args: readonly string[], io: CreateIo): Promise<number> {
  try {
    const options = readOptions(args)
    if (options.help) return say(io, helpText)
    if (options.version) return say(io, `${ownVersion}\n`)
    return await create(options, io)
  } catch (error) {
    if (io.signal.aborted) return createExitCodes.interrupted
    // The prompt has said so itself.
    if (error instanceof CreateError && error.code === 'KEELSON_CREATE_CANCELLED')
      return createExitCodes.interrupted
    // A fault of ours: the stack is what a report of it needs.
    const text =
      error instanceof CreateError ? `${error.message}\n  ${error.code}` : String((error as Error).stack)
    io.err(`create-keelson: ${text}\n`)
    return exitCodeOf(error)
  }
}

async function create(asked: CreateOptions, io: CreateIo): Promise<number> {
  // As early as can be: nobody should answer questions for a folder that is refused.
  if (asked.folder !== undefined && !asked.dryRun) requireEmpty(resolve(io.cwd, asked.folder), asked.folder)
  const isAsking = io.isInteractive && !asked.yes && !asked.json && !asked.isReplay && !isSet(io.env['CI'])
  const options = isAsking ? await (await import('./ask.ts')).ask(asked) : asked
  if (options.folder === undefined) throw usage('Name the folder of the new service. See --help.')
  const folder = resolve(io.cwd, options.folder)
  const { given, packagesFolder, dryRun } = options
  const answers = completeAnswers({
    ...given,
    name: given.name ?? basename(folder),
    ...(packagesFolder === undefined ? {} : { packages: 'vendor' }),
  })
  const packages = packagesFolder === undefined ? [] : packagesIn(resolve(io.cwd, packagesFolder))
  const files = render(answers, packages)
  if (!dryRun) requireEmpty(folder, options.folder)
  if (!dryRun) writeFiles(folder, files)
  const isWhole = !dryRun && !options.isReplay
  if (isWhole && packagesFolder !== undefined) copyPackages(folder, resolve(io.cwd, packagesFolder), packages)
  const installs = isWhole && (options.install ?? true)
  if (installs) await install(folder, options, io)
  io.out(
    options.json
      ? `${JSON.stringify(resultOf(folder, answers, files, { dryRun, installed: installs }))}\n`
      : report(options.folder, folder, answers, files, { dryRun, installed: installs, io }),
  )
  return createExitCodes.made
}

function packagesIn(folder: string): readonly PackedPackage[] {
  // The generator itself goes along: `keelson update` replays it from there.
  const wanted = [...namedPackages.dependencies, ...namedPackages.devDependencies, 'create-keelson']
  return findPackages(folder, wanted)
}

const installation: readonly ServiceCommand[] = [
  { shown: 'npm install', program: 'npm', args: ['install', '--no-audit', '--no-fund'] },
  { shown: 'npm run generate', program: 'npm', args: ['run', 'generate'] },
]

async function install(folder: string, { json }: CreateOptions, io: CreateIo): Promise<void> {
  for (const command of installation) {
    if (!json) io.err(`${command.shown} …\n`)
    await runInService(command, folder, io.signal)
  }
}

interface Outcome {
  readonly dryRun: boolean
  readonly installed: boolean
}

function resultOf(folder: string, answers: Answers, files: Files, { dryRun, installed }: Outcome): object {
  return { folder, version: ownVersion, answers, files: [...files.keys()], dryRun, installed }
}

function report(
  shown: string,
  folder: string,
  answers: Answers,
  files: Files,
  { dryRun, installed, io }: Outcome & { readonly io: CreateIo },
): string {
  const list = [...files.keys()].map((path) => `  ${join(shown, path)}\n`).join('')
  if (dryRun) return `${files.size} files would be made:\n${list}`
  const path = relative(io.cwd, folder)
  const steps = [
    ...(path === '' ? [] : [`cd ${path}`]),
    ...(installed
      ? []
      : [
          'npm install',
          'npm run generate    # schema of the configuration, and what else follows from the service',
        ]),
    'git init && git add -A && git commit -m "chore: begin"    # keelson update compares with it',
    'npm run dev         # runs the sources, and again after every change',
    'npm test',
    'npm run build && npm run verify     # what operations will expect of it',
  ]
  return `${answers.name} is made: ${files.size} files in ${shown}.\n\n${steps.map((step) => `  ${step}\n`).join('')}\nREADME.md says the rest.\n`
}

function say(io: CreateIo, text: string): number {
  io.out(text)
  return createExitCodes.made
}

function exitCodeOf(error: unknown): number {
  if (!(error instanceof CreateError)) return createExitCodes.failed
  if (error.code === 'KEELSON_CREATE_USAGE' || error.code === 'KEELSON_CREATE_PACKAGES_INCOMPLETE')
    return createExitCodes.usage
  return createExitCodes.failed
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false'
}
