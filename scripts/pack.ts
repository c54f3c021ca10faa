// `npm run pack`: builds every published package and writes its tarball to `.pack/`, as the registry would hold it.
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { findFiles, findPackages, isCommand, repositoryRoot, type Package } from './repository.ts'
import { report } from './report.ts'
import { runCommand } from './run-command.ts'

/** A tarball and what it holds. */
export interface Tarball {
  readonly packageName: string
  /** Full path of the `.tgz` file. */
  readonly path: string
  /** Size of the compressed file. */
  readonly packedBytes: number
  /** Files inside, relative to the package. */
  readonly files: readonly string[]
}

/**
 * Builds the packages of this repository and packs them.
 *
 * @param destination folder that is emptied and filled with the tarballs
 * @throws Error with the whole output of the build or of `npm pack` when either fails
 */
export async function packAll(destination: string): Promise<readonly Tarball[]> {
  await succeed('turbo', ['run', 'build', '--filter=./packages/*', '--output-logs=errors-only'])
  const staging = mkdtempSync(join(tmpdir(), 'keelson-pack-'))
  try {
    const folders = findPackages(repositoryRoot).map((found) => stage(found, staging))
    rmSync(destination, { recursive: true, force: true })
    mkdirSync(destination, { recursive: true })
    const packed = await succeed('npm', [
      'pack',
      ...folders,
      '--json',
      '--loglevel=error',
      '--ignore-scripts',
      `--pack-destination=${destination}`,
    ])
    return readAnswer(packed, destination)
  } finally {
    rmSync(staging, { recursive: true })
  }
}

/** The command that installs tarballs into another project. */
export function installCommand(tarballs: readonly Tarball[]): string {
  return `npm install ${tarballs.map(({ path }) => path).join(' ')}`
}

/** Copies what a package publishes to a folder of its own; what an earlier build left in `dist` stays behind. */
function stage({ folder, manifest }: Package, staging: string): string {
  const source = join(repositoryRoot, folder)
  const target = join(staging, basename(folder))
  const built = findBuilt(source)
  const further = (manifest.files ?? []).filter((name) => name !== 'dist' && name !== 'LICENSE')
  for (const file of [...built, ...further].filter((name) => existsSync(join(source, name)))) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    cpSync(join(source, file), join(target, file), { recursive: true })
  }
  cpSync(join(repositoryRoot, 'LICENSE'), join(target, 'LICENSE'))
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`)
  return target
}

/** Types whose source still exists, so that nothing deleted is published, and all JavaScript, which every build writes anew. */
function findBuilt(source: string): readonly string[] {
  const types = findFiles(source, ['src/**/*.ts']).map((file) =>
    file.replace(/^src\//, 'dist/').replace(/\.ts$/, '.d.ts'),
  )
  return [...types, ...globSync('dist/**/*.{js,cjs,js.map,cjs.map}', { cwd: source })]
}

/** The manifest without what only this repository uses: its sources are not in the tarball. */
function publishedManifest(manifest: Package['manifest']): object {
  const { exports = {}, ...rest } = manifest
  const published = Object.fromEntries(
    Object.entries(rest).filter(([field]) => !['scripts', 'devDependencies'].includes(field)),
  )
  const entries = Object.entries(exports).map(([path, target]) => [
    path,
    typeof target === 'string'
      ? target
      : Object.fromEntries(Object.entries(target).filter(([condition]) => condition !== 'keelson-source')),
  ])
  return { ...published, exports: Object.fromEntries(entries) }
}

function readAnswer(json: string, destination: string): readonly Tarball[] {
  // The answer of `npm pack --json`: one entry per package.
  const answer = JSON.parse(json) as readonly {
    name: string
    filename: string
    size: number
    files: readonly { path: string }[]
  }[]
  return answer.map(({ name, filename, size, files }) => ({
    packageName: name,
    path: join(destination, filename),
    packedBytes: size,
    files: files.map(({ path }) => path),
  }))
}

async function succeed(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, output } = await runCommand(program, args)
  if (code !== 0) throw new Error(`${program} ${args[0]} failed:\n${output}`)
  return stdout
}

if (isCommand(import.meta.url)) {
  await report(async () => {
    const tarballs = await packAll(join(repositoryRoot, '.pack'))
    const lines = tarballs.map(({ path, packedBytes }) => `${path}  ${(packedBytes / 1024).toFixed(1)} KiB`)
    const hint = 'To use them in another project, run there:'
    return { problems: [], summary: [...lines, '', hint, '', installCommand(tarballs)].join('\n') }
  })
}
