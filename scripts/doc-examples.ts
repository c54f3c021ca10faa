// Finds the TypeScript examples of pages and doc comments.
import { findFiles, findPackages, findSources, readText } from './repository.ts'
import { lineAt } from './source-text.ts'

/** A block of TypeScript that a reader may copy. */
export interface DocExample {
  /** Page or source that it stands in. */
  readonly page: string
  /** Line of its first line of code, 1 for the first of the page. */
  readonly line: number
  /** Name that other examples of the page import it by, from `file=…` on its fence. */
  readonly fileName: string | undefined
  readonly code: string
}

/** The examples of README files, of `docs/` and of doc comments; blocks marked `ts ignore` are left out. */
export function findDocExamples(root: string): readonly DocExample[] {
  const pages = findFiles(root, [
    'README.md',
    'CONTRIBUTING.md',
    '{packages,examples}/**/README.md',
    'docs/**/*.md',
  ])
  const sources = findPackages(root).flatMap(({ folder }) => findSources(root, folder))
  return [
    ...pages.flatMap((page) => readExamples(page, readText(root, page))),
    ...sources.flatMap((page) => readExamples(page, commentsOnly(readText(root, page)))),
  ]
}

/** The examples of one page of Markdown. */
export function readExamples(page: string, text: string): readonly DocExample[] {
  const fence = /^(?<indent> *)```(?:ts|typescript)\b(?<info>[^\n]*)\n(?<code>[^]*?)^ *```/gm
  return [...text.matchAll(fence)].flatMap(({ 0: block, index, groups = {} }) => {
    const info = groups['info'] ?? ''
    if (/\bignore\b/.test(info)) return []
    return [
      {
        page,
        line: lineAt(text, index) + 1,
        fileName: /\bfile=(?<name>[\w./-]+)/.exec(info)?.groups?.['name'],
        code: block.slice(block.indexOf('\n') + 1, block.lastIndexOf('```')),
      },
    ]
  })
}

/** Turns a source into a page: comment lines without their stars, everything else blank, line numbers kept. */
function commentsOnly(text: string): string {
  return text
    .split('\n')
    .map((line) => /^\s*\* ?(?<rest>(?!\/).*)$/.exec(line)?.groups?.['rest'] ?? '')
    .join('\n')
}
