// What the scripts know about the layout of the repository: where it is, which packages it has, which files they hold.
import { globSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of this repository. */
export const repositoryRoot: string = dirname(dirname(fileURLToPath(import.meta.url)))

/** The fields of a package.json that the scripts read. */
export interface Manifest {
  /** What is published, beside the manifest. */
  readonly files?: readonly string[]
  readonly name: string
  readonly version?: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** One folder of `packages/` that npm publishes. */
export interface Package {
  /** Folder below the root, with forward slashes: `packages/core`. */
  readonly folder: string
  readonly manifest: Manifest
}

/**
 * Whether a module is the program that was started, rather than imported by a test. `import.meta.main` would say so,
 * but Node 22 does not have it and would pass every check without a word.
 */
export function isCommand(moduleUrl: string): boolean {
  const started = process.argv[1]
  return started !== undefined && realpathSync(started) === realpathSync(fileURLToPath(moduleUrl))
}

/** The npm packages of a repository that are published, by folder name. */
export function findPackages(root: string): readonly Package[] {
  return findFiles(root, ['packages/*/package.json'])
    .map((file) => ({ folder: dirname(file), manifest: readManifest(join(root, file)) }))
    .filter((found) => found.manifest.private !== true)
}

/** Files that match, relative to the root, sorted; nothing installed or generated. */
export function findFiles(root: string, patterns: readonly string[]): readonly string[] {
  const skipped = new Set(['node_modules', 'dist', '.turbo', '.git', '.pack', '.cache', 'coverage'])
  const found = globSync([...patterns], { cwd: root, exclude: (path) => skipped.has(basename(path)) })
  return found.map((path) => path.replaceAll('\\', '/')).toSorted()
}

/** Sources that a package ships: everything below `src` but its tests. */
export function findSources(root: string, folder: string): readonly string[] {
  return findFiles(root, [`${folder}/src/**/*.ts`]).filter((file) => !isTest(file))
}

/** Whether a file is a test, of behaviour or of types. */
export function isTest(file: string): boolean {
  return /\.(test|test-d)\.ts$/.test(file)
}

/** Text of a file below the root. */
export function readText(root: string, file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

function readManifest(path: string): Manifest {
  // Written by hand in this repository and read by npm first, which refuses another shape.
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest
}
