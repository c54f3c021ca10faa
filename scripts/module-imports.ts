// Finds what a module imports, and where in the repository an import leads.
import { existsSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { isBuiltin } from 'node:module'
import { findPackages, type Package } from './repository.ts'
import { lineAt, readSource } from './source-text.ts'

/** One import of a module, re-exports and `import()` included. */
export interface ModuleImport {
  /** As written: `./retry.ts`, `@keelson/core/errors`, `undici`, `node:fs`. */
  readonly specifier: string
  readonly line: number
  /** Gone at run time: `import type`, `export type … from`. */
  readonly typeOnly: boolean
}

/** The imports of a source text, in order. */
export function findImports(text: string): readonly ModuleImport[] {
  const { code, bare } = readSource(text)
  const statement =
    /(?<![.\w$])(?:import|export)\s*(?<type>type\s+(?!from\b|,))?(?:[\w$*{][^'"();=]*?from\s*)?\(?\s*(?<quote>['"])/g
  return [...bare.matchAll(statement)].flatMap((match) => {
    const quote = match.groups?.['quote'] ?? "'"
    const start = match.index + match[0].length
    const end = code.indexOf(quote, start)
    if (end === -1) return []
    return [
      {
        specifier: code.slice(start, end),
        line: lineAt(code, match.index),
        typeOnly: match.groups?.['type'] !== undefined,
      },
    ]
  })
}

/** Name of the npm package that a specifier asks for; `undefined` for relative paths and Node's own modules. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || isBuiltin(specifier)) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/**
 * Makes a function that follows an import to a source file of the repository.
 *
 * @returns the file, relative to the root; `undefined` when the import leads outside or nowhere
 */
export function createImportResolver(root: string): (from: string, specifier: string) => string | undefined {
  const packages = new Map(findPackages(root).map((found) => [found.manifest.name, found]))
  return (from, specifier) => {
    const file = specifier.startsWith('.')
      ? posix.join(dirname(from), specifier)
      : packageFile(packages.get(packageOf(specifier) ?? ''), specifier)
    return file !== undefined && existsSync(join(root, file)) ? file : undefined
  }
}

function packageFile(found: Package | undefined, specifier: string): string | undefined {
  if (found === undefined) return undefined
  const target = found.manifest.exports?.[`.${specifier.slice(found.manifest.name.length)}`]
  const source = typeof target === 'object' ? target['keelson-source'] : undefined
  return source === undefined ? undefined : posix.join(found.folder, source)
}
