import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { KeelsonError } from '@keelson/core/errors'
import type { Files } from './plan-update.ts'

/** What is replayed. */
export interface Replay {
  /** Packed `create-keelson` of the version wanted. */
  readonly tarball: string
  /** What `keelson.json` is to say; its answers are replayed. */
  readonly origin: object
  /** Folder of packed tarballs that stand in for the registry. */
  readonly packagesFolder: string | undefined
  /** Folder for everything that this makes; must not exist. */
  readonly work: string
  readonly signal: AbortSignal
}

/**
 * Makes the files of a service again from a version of the template. Nothing is installed: the tarball is unpacked by `tar` and run as
 * it is (docs/decisions/0012).
 *
 * @throws KeelsonError `KEELSON_CLI_TEMPLATE_UNAVAILABLE` with the output of what failed
 */
export async function replay({ tarball, origin, packagesFolder, work, signal }: Replay): Promise<Files> {
  const [unpacked, out, answers] = [join(work, 'package'), join(work, 'out'), join(work, 'keelson.json')]
  mkdirSync(work, { recursive: true })
  writeFileSync(answers, JSON.stringify(origin))
  await run('tar', ['-xzf', tarball, '-C', work], work, signal)
  const packages = packagesFolder === undefined ? [] : ['--packages', packagesFolder]
  const program = [join(unpacked, 'dist/bin.js'), out, '--replay', answers, ...packages]
  await run(process.execPath, program, work, signal)
  return readFiles(out)
}

/** Every file below a folder. */
function readFiles(folder: string): Files {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
  return new Map(
    found.map((one) => {
      const path = join(one.parentPath, one.name)
      return [relative(folder, path).split(sep).join(posix.sep), readFileSync(path, 'utf8')]
    }),
  )
}

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to stdout
 * @throws KeelsonError `KEELSON_CLI_TEMPLATE_UNAVAILABLE`
 */
export async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal,
): Promise<string> {
  const child = spawn(program, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    // On Windows npm is a command file, which only a shell runs.
    shell: process.platform === 'win32' && program === 'npm',
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  const problem = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code) => resolve(code === 0 ? undefined : `exit code ${code}\n${stdout}${stderr}`))
  })
  if (problem === undefined) return stdout
  throw new KeelsonError(
    'KEELSON_CLI_TEMPLATE_UNAVAILABLE',
    `${program} ${args.join(' ')} failed: ${problem.trim().split('\n').slice(-15).join('\n')}`,
  )
}
