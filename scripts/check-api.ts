// The public API of each package is a text file, changed on purpose (STYLE §9): packages/*/api.d.ts is compared with the
// declarations that the compiler emits for every entry of `exports`. `npm run api` writes the files.
import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { readDeclarations, type Declaration, type DeclarationModule } from './declarations.ts'
import { compareOrWrite } from './reference-page.ts'
import { findPackages, isCommand, readText, repositoryRoot, type Package } from './repository.ts'
import { report, type CheckReport } from './report.ts'
import { runCommand } from './run-command.ts'

/** Compares the API files with emitted declarations, which must be up to date. */
export function checkApi(root: string, { write = false } = {}): CheckReport {
  const packages = findPackages(root)
  const problems = packages.flatMap((found) => {
    const file = posix.join(found.folder, 'api.d.ts')
    return compareOrWrite(root, file, apiText(root, found), { write, command: 'npm run api' })
  })
  return { problems, summary: `${packages.length} packages: the public API is what api.d.ts says` }
}

/** A declaration found while following exports, with the module that holds it. */
interface Found {
  readonly file: string
  readonly name: string
}

/** The public API of a package in a stable form: by entry, sorted by name, comments left out. */
export function apiText(root: string, { folder, manifest }: Package): string {
  const modules = createModuleReader(root)
  const entries = Object.entries(manifest.exports ?? {}).flatMap(([path, target]) =>
    typeof target === 'object' && target['types'] !== undefined
      ? [{ path, file: posix.join(folder, target['types']) }]
      : [],
  )
  const named = new Map<string, string>()
  const sections = entries.map(({ path, file }) => {
    const names = [...(modules(file)?.exports.keys() ?? [])].toSorted()
    const statements = names.map((name) => {
      const found = follow(modules, { file, name })
      if (found === undefined) return `export { ${name} }`
      const shared = named.get(key(found))
      named.set(key(found), name)
      return shared === undefined ? show(modules, found, name) : `export { ${name} } // as above`
    })
    return `// ${posix.join(manifest.name, path)}\n\n${statements.join('\n')}\n`
  })
  const found = reachable(
    modules,
    entries.map(({ file }) => file),
  )
  const hidden = found.filter((one) => !named.has(key(one)))
  const behind = hidden.map((one) =>
    declarationsOf(modules, one)
      .map(({ text }) => text)
      .join('\n'),
  )
  // `declare module 'fastify'` changes types of others without being named.
  const augmentations = [...new Set(found.map(({ file }) => file))].flatMap(
    (file) => modules(file)?.augmentations.map(({ text }) => text) ?? [],
  )
  return [
    `// Public API of ${manifest.name}. Generated: npm run api\n`,
    ...sections,
    ...group('Not exported, but part of the types above.', behind),
    ...group('Added to types of others.', augmentations),
  ].join('\n')
}

function group(title: string, statements: readonly string[]): readonly string[] {
  return statements.length === 0 ? [] : [`// ${title}\n\n${statements.toSorted().join('\n')}\n`]
}

type ModuleReader = (file: string) => DeclarationModule | undefined

function createModuleReader(root: string): ModuleReader {
  const known = new Map<string, DeclarationModule | undefined>()
  return (file) => {
    if (!known.has(file)) {
      known.set(file, existsSync(join(root, file)) ? readDeclarations(readText(root, file)) : undefined)
    }
    return known.get(file)
  }
}

/** The declaration behind an exported or local name; `undefined` when another package holds it. */
function follow(modules: ModuleReader, { file, name }: Found): Found | undefined {
  const module = modules(file)
  const exported = module?.exports.get(name)
  const local = typeof exported === 'string' ? exported : name
  if (module?.declarations.has(local) === true) return { file, name: local }
  const binding = typeof exported === 'object' ? exported : module?.imports.get(local)
  if (binding === undefined || !binding.specifier.startsWith('.')) return undefined
  return follow(modules, { file: neighbour(file, binding.specifier), name: binding.name })
}

function neighbour(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier.replace(/\.[jt]s$/, '.d.ts'))
}

function show(modules: ModuleReader, found: Found, exportedAs: string): string {
  // The codes of an error catalogue are API; their wording is not, and has a page of its own.
  const lines = declarationsOf(modules, found).map(
    ({ text }) => `export ${text.replaceAll(/^( +(?:readonly )?KEELSON_\w+): .*;$/gm, '$1: string;')}`,
  )
  if (exportedAs !== found.name) lines.push(`// exported as ${exportedAs}`)
  return lines.join('\n')
}

function declarationsOf(modules: ModuleReader, { file, name }: Found): readonly Declaration[] {
  return modules(file)?.declarations.get(name) ?? []
}

/** Every declaration that the exports of some modules mention, directly or through others. */
function reachable(modules: ModuleReader, entries: readonly string[]): readonly Found[] {
  const seen = new Map<string, Found>()
  const visit = (found: Found | undefined) => {
    if (found === undefined || seen.has(key(found))) return
    seen.set(key(found), found)
    declarationsOf(modules, found).forEach((one) => mentioned(modules, found.file, one).forEach(visit))
  }
  for (const file of entries) {
    for (const name of modules(file)?.exports.keys() ?? []) visit(follow(modules, { file, name }))
  }
  return [...seen.values()]
}

function mentioned(modules: ModuleReader, file: string, one: Declaration): readonly (Found | undefined)[] {
  const module = modules(file)
  const words = [...one.words].filter(
    (word) => module?.declarations.has(word) === true || module?.imports.has(word) === true,
  )
  return [
    ...words.map((name) => follow(modules, { file, name })),
    ...one.inlineImports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, name }) => follow(modules, { file: neighbour(file, specifier), name })),
  ]
}

function key({ file, name }: Found): string {
  return `${file}#${name}`
}

if (isCommand(import.meta.url)) {
  await report(async () => {
    const { code, output } = await runCommand('tsc', ['-b', '--pretty', 'false'])
    if (code !== 0) return { problems: ['The declarations cannot be emitted:', output], summary: '' }
    return checkApi(repositoryRoot, { write: process.argv.includes('--write') })
  })
}
