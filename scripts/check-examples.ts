// Type-checks the examples of pages and doc comments against the sources (STYLE §8): what a reader copies compiles.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { findDocExamples, type DocExample } from './doc-examples.ts'
import { isCommand, repositoryRoot } from './repository.ts'
import { report, type CheckReport } from './report.ts'
import { runCommand } from './run-command.ts'

/** Writes every example to a file of its own and runs the compiler over them. */
export async function checkExamples(root: string): Promise<CheckReport> {
  const examples = findDocExamples(root)
  const summary = `${examples.length} examples in pages and comments: they compile`
  if (examples.length === 0) return { problems: [], summary }
  // Inside the repository, so that the examples find the packages that they import.
  mkdirSync(join(repositoryRoot, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(repositoryRoot, '.cache', 'examples-'))
  try {
    const pages = new Map(examples.map((example) => [writeExample(folder, example), example.page]))
    writeFileSync(join(folder, 'tsconfig.json'), configuration(folder))
    const { code, output } = await runCommand('tsc', ['-p', folder, '--pretty', 'false'])
    const problems = output.split('\n').filter((line) => line.trim() !== '')
    return { problems: code === 0 ? [] : problems.map((line) => nameThePage(line, folder, pages)), summary }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Examples of one page share a folder; blank lines before the code make its line numbers those of the page. */
function writeExample(folder: string, { page, line, fileName, code }: DocExample): string {
  const file = join(folder, page.replaceAll('/', '+'), fileName ?? `line-${line}.ts`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${'\n'.repeat(line - 1)}${code}\nexport {}\n`)
  return file
}

function configuration(folder: string): string {
  return JSON.stringify({
    extends: relative(folder, join(repositoryRoot, 'tsconfig.check.json')),
    include: ['**/*.ts'],
    exclude: [],
  })
}

function nameThePage(problem: string, folder: string, pages: ReadonlyMap<string, string>): string {
  for (const [file, page] of pages) {
    const shown = relative(repositoryRoot, file)
    if (problem.startsWith(shown))
      return `${page}${problem.slice(shown.length).replace(/^\((\d+),\d+\)/, ':$1')}`
  }
  return problem.replaceAll(`${relative(repositoryRoot, folder)}/`, '')
}

if (isCommand(import.meta.url)) {
  await report(() => checkExamples(repositoryRoot))
}
