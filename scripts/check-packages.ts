// Looks at the packages as the registry would hold them: what is inside, publint, and attw with the profile esm-only.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packAll, type Tarball } from './pack.ts'
import { isCommand } from './repository.ts'
import { report, type CheckReport } from './report.ts'
import { runCommand } from './run-command.ts'

/** Packs everything into a temporary folder and checks each tarball. */
export async function checkPackages(): Promise<CheckReport> {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-packages-'))
  try {
    const tarballs = await packAll(folder)
    const problems: string[] = []
    for (const tarball of tarballs) {
      problems.push(...misplacedFiles(tarball), ...(await lintTarball(tarball)))
    }
    const bytes = tarballs.reduce((sum, { packedBytes }) => sum + packedBytes, 0)
    return {
      problems,
      summary: `${tarballs.length} packages, ${Math.ceil(bytes / 1024)} KiB packed: publint and attw find nothing`,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What a tarball lacks, and what should not be in it. */
export function misplacedFiles({
  packageName,
  files,
}: Pick<Tarball, 'packageName' | 'files'>): readonly string[] {
  const missing = ['LICENSE', 'README.md', 'package.json'].filter((file) => !files.includes(file))
  // Templates of services hold tests of those services.
  const extra = files.filter(
    (file) => !file.startsWith('templates/') && /\.(test|test-d)\.|\.tsbuildinfo$|^src\/|^test\//.test(file),
  )
  return [
    ...missing.map((file) => `${packageName}: ${file} is missing from the package`),
    ...extra.map((file) => `${packageName}: ${file} does not belong in the package`),
  ]
}

/** The entry of the probe thread is started by its path, never imported: it has no types. */
const attwOptions = [
  '--profile',
  'esm-only',
  '--exclude-entrypoints',
  'probe-worker',
  '--no-emoji',
  '--no-color',
]

/** Asks publint and attw about a tarball. */
export async function lintTarball({
  packageName,
  path,
}: Pick<Tarball, 'packageName' | 'path'>): Promise<readonly string[]> {
  const results = [
    { tool: 'publint', ...(await runCommand('publint', ['run', path, '--strict'])) },
    {
      tool: 'attw',
      ...(await runCommand('attw', [path, ...attwOptions])),
    },
  ]
  return results
    .filter(({ code }) => code !== 0)
    .map(({ tool, output }) => `${packageName}: ${tool} refuses the package\n${output}`)
}

if (isCommand(import.meta.url)) {
  await report(() => checkPackages())
}
