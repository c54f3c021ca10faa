// Keeps foreign code behind its adapter (STYLE §3): a shipped source imports declared dependencies only, each
// third-party library enters a package through one file, and nothing imports the index of its own folder.
import { posix } from 'node:path'
import { findImports, packageOf } from './module-imports.ts'
import { findPackages, findSources, readText, repositoryRoot, type Package, isCommand } from './repository.ts'
import { report, type CheckReport } from './report.ts'

// Libraries whose types are part of the public API, so that they may be named anywhere: only values count for them.
const publicTypes: ReadonlySet<string> = new Set(['fastify', 'pino'])

interface PackageImport {
  readonly file: string
  readonly line: number
  readonly specifier: string
  readonly typeOnly: boolean
}

/** Looks at every import of every shipped source. */
export function checkImports(root: string): CheckReport {
  const packages = findPackages(root)
  const own = new Set(packages.map(({ manifest }) => manifest.name))
  const all = packages.map((found) => ({ found, imports: importsOf(root, found) }))
  const problems = all.flatMap(({ found, imports }) => [
    ...imports.flatMap((one) => undeclared(found, one)),
    ...imports.flatMap(ownIndex),
    ...secondImporters(imports, own),
  ])
  const count = all.reduce((sum, { imports }) => sum + imports.length, 0)
  return {
    problems,
    summary: `${count} imports in ${packages.length} packages: declared, each library behind one file`,
  }
}

function importsOf(root: string, { folder }: Package): readonly PackageImport[] {
  return findSources(root, folder).flatMap((file) =>
    findImports(readText(root, file)).map((found) => ({ file, ...found })),
  )
}

function undeclared({ manifest }: Package, { file, line, specifier }: PackageImport): readonly string[] {
  const name = packageOf(specifier)
  const declared = {
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  }
  if (name === undefined || Object.hasOwn(declared, name)) return []
  return [`${file}:${line}: imports ${name}, which is no dependency of ${manifest.name} at run time`]
}

function ownIndex({ file, line, specifier }: PackageImport): readonly string[] {
  const target = posix.join(posix.dirname(file), specifier)
  const isOwn =
    specifier.startsWith('.') && target.endsWith('/index.ts') && file.startsWith(posix.dirname(target))
  return isOwn ? [`${file}:${line}: imports its own ${specifier}; import the file that declares it`] : []
}

function secondImporters(imports: readonly PackageImport[], own: ReadonlySet<string>): readonly string[] {
  const importers = new Map<string, Set<string>>()
  for (const { file, specifier, typeOnly } of imports) {
    const name = packageOf(specifier)
    if (name === undefined || own.has(name) || (typeOnly && publicTypes.has(name))) continue
    importers.set(name, (importers.get(name) ?? new Set()).add(file))
  }
  return [...importers].flatMap(([name, files]) =>
    files.size > 1 ? [`${name} is imported by ${[...files].join(' and ')}; keep it to one adapter`] : [],
  )
}

if (isCommand(import.meta.url)) {
  await report(() => checkImports(repositoryRoot))
}
