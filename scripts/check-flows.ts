// Keeps docs/flows/ true (STYLE §11): the files that a page lists exist, and each is reached by imports from one listed
// before it. A page may hold several lists; each is a flow of its own.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createImportResolver, findImports } from './module-imports.ts'
import { findFiles, isCommand, readText, repositoryRoot } from './repository.ts'
import { report, type CheckReport } from './report.ts'
import { lineAt } from './source-text.ts'

interface Stop {
  readonly file: string
  readonly line: number
}

/** Follows every flow through the imports of its files. */
export function checkFlows(root: string): CheckReport {
  const pages = findFiles(root, ['docs/flows/*.md'])
  if (pages.length === 0)
    return { problems: ['docs/flows/ has no page: write down the flows of the design'], summary: '' }
  const reach = createReach(root)
  const flows = pages.flatMap((page) => readFlows(readText(root, page)).map((stops) => ({ page, stops })))
  const problems = pages
    .filter((page) => !flows.some((flow) => flow.page === page))
    .map((page) => `${page}: lists no file; write each as a list item with its path in backticks`)
  for (const { page, stops } of flows) {
    for (const [index, { file, line }] of stops.entries()) {
      const before = stops.slice(0, index).filter((stop) => existsSync(join(root, stop.file)))
      if (!existsSync(join(root, file))) problems.push(`${page}:${line}: ${file} does not exist`)
      else if (before.length > 0 && !before.some((stop) => reach(stop.file).has(file))) {
        problems.push(`${page}:${line}: ${file} is not imported by what is listed before it`)
      }
    }
  }
  return {
    problems,
    summary: `${flows.length} flows on ${pages.length} pages: the files exist and import in this order`,
  }
}

/** The lists of a page: items that open with a path in backticks; a heading starts a new list. */
function readFlows(text: string): readonly (readonly Stop[])[] {
  const flows: Stop[][] = []
  let current: Stop[] | undefined
  for (const match of text.matchAll(/^(?:#.*|\s*(?:\d+\.|-)\s+`(?<path>[\w./-]+\.ts)`.*)$/gm)) {
    const path = match.groups?.['path']
    if (path === undefined) {
      current = undefined
      continue
    }
    if (current === undefined) flows.push((current = []))
    const file = /^(?:packages|examples|scripts)\//.test(path) ? path : `packages/${path}`
    current.push({ file, line: lineAt(text, match.index) })
  }
  return flows
}

/** Makes a function that tells all files that a file imports, directly or through others. */
function createReach(root: string): (file: string) => ReadonlySet<string> {
  const resolve = createImportResolver(root)
  const known = new Map<string, ReadonlySet<string>>()
  return (start) => {
    const cached = known.get(start)
    if (cached !== undefined) return cached
    const seen = new Set<string>()
    const waiting = [start]
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      for (const { specifier } of findImports(readText(root, file))) {
        const target = resolve(file, specifier)
        if (target === undefined || seen.has(target)) continue
        seen.add(target)
        waiting.push(target)
      }
    }
    known.set(start, seen)
    return seen
  }
}

if (isCommand(import.meta.url)) {
  await report(() => checkFlows(repositoryRoot))
}
