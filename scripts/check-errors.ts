// Error codes in both directions (STYLE §7): a code in a source is in the catalogue of its package, a code in a catalogue
// is thrown by a source, and docs/reference/errors.md lists them all.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compareOrWrite, table } from './reference-page.ts'
import { findFiles, findPackages, findSources, isCommand, readText, repositoryRoot } from './repository.ts'
import { report, type CheckReport } from './report.ts'
import { lineAt, readSource } from './source-text.ts'

/** Environment variables of the chassis, which look like error codes (docs/reference of the configuration; DESIGN §3). */
const environmentNames: ReadonlySet<string> = new Set([
  'KEELSON_CONFIG_DIR',
  'KEELSON_CONFIG_ETCD',
  'KEELSON_CONFIG_PIN',
  'KEELSON_REQUIRE_SERVERS',
  'KEELSON_STATE_DIR',
])
const page = 'docs/reference/errors.md'
const command = 'node scripts/check-errors.ts --write'

/** The codes of one package. */
interface Catalogue {
  readonly packageName: string
  readonly folder: string
  readonly codes: Readonly<Record<string, string>>
}

/** Compares the codes that sources use with the catalogues, and the reference page with both. */
export async function checkErrors(root: string, { write = false } = {}): Promise<CheckReport> {
  const catalogues = await readCatalogues(root)
  const known = new Set([...catalogues.flatMap(({ codes }) => Object.keys(codes)), ...environmentNames])
  const problems = [
    ...repeated(catalogues),
    ...catalogues.flatMap((catalogue) => compareWithSources(root, catalogue, known)),
    ...unknownMentions(root, known),
    ...compareOrWrite(root, page, errorsPage(catalogues), { write, command }),
  ]
  const count = catalogues.reduce((sum, { codes }) => sum + Object.keys(codes).length, 0)
  return { problems, summary: `${count} error codes: listed, thrown and documented` }
}

async function readCatalogues(root: string): Promise<readonly Catalogue[]> {
  return Promise.all(
    findPackages(root).map(async ({ folder, manifest }) => {
      const files = findFiles(root, [`${folder}/src/**/errors.ts`])
      const modules: readonly object[] = await Promise.all(
        files.map((file) => import(pathToFileURL(join(root, file)).href)),
      )
      const lists = modules.flatMap((module) =>
        Object.entries(module).flatMap(([name, value]) => (name.endsWith('Errors') ? [value] : [])),
      )
      // STYLE §7 fixes the form of errors.ts: one object of texts by code.
      return { packageName: manifest.name, folder, codes: Object.assign({}, ...lists) as Catalogue['codes'] }
    }),
  )
}

function repeated(catalogues: readonly Catalogue[]): readonly string[] {
  const owners = new Map<string, string>()
  const problems: string[] = []
  for (const { packageName, codes } of catalogues) {
    for (const code of Object.keys(codes)) {
      const owner = owners.get(code)
      if (owner !== undefined) problems.push(`${code} is listed by ${owner} and by ${packageName}`)
      owners.set(code, packageName)
    }
  }
  return problems
}

function compareWithSources(
  root: string,
  { packageName, folder, codes }: Catalogue,
  known: ReadonlySet<string>,
): readonly string[] {
  const thrown = new Set<string>()
  const problems: string[] = []
  for (const file of findSources(root, folder)) {
    if (file.endsWith('/errors.ts')) continue
    for (const { value, line } of readSource(readText(root, file)).strings) {
      if (!/^KEELSON(?:_[A-Z0-9]+){2,}$/.test(value) || environmentNames.has(value)) continue
      thrown.add(value)
      // A package may tell the errors of its dependencies apart; what it throws itself is counted by its own list.
      if (!known.has(value)) {
        problems.push(`${file}:${line}: ${value} is in no src/errors.ts`)
      }
    }
  }
  const unused = Object.keys(codes).filter((code) => !thrown.has(code))
  return [...problems, ...unused.map((code) => `${packageName}: ${code} is listed and never thrown`)]
}

/** Codes named in comments and pages, which send a reader to the reference. */
function unknownMentions(root: string, known: ReadonlySet<string>): readonly string[] {
  const pages = findFiles(root, ['*.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/**/*.md'])
  const sources = findPackages(root).flatMap(({ folder }) => findSources(root, folder))
  return [...pages.filter((file) => file !== page), ...sources].flatMap((file) => {
    const text = readText(root, file)
    return [...text.matchAll(/\bKEELSON(?:_[A-Z0-9]+){2,}\b/g)]
      .filter(([name]) => !known.has(name))
      .map(
        ({ 0: name, index }) =>
          `${file}:${lineAt(text, index)}: ${name} is neither a listed error code nor an environment variable known to scripts/check-errors.ts`,
      )
  })
}

function errorsPage(catalogues: readonly Catalogue[]): string {
  const sections = catalogues
    .filter(({ codes }) => Object.keys(codes).length > 0)
    .map(({ packageName, codes }) => {
      const rows = Object.entries(codes).toSorted(([a], [b]) => (a < b ? -1 : 1))
      return `## ${packageName}\n\n${table(
        ['code', 'what it means, what to do'],
        rows.map(([code, text]) => [`\`${code}\``, text]),
      )}`
    })
  return [
    '# Errors\n',
    `Every error of keelson is a \`KeelsonError\` with one of these codes; ask with \`isKeelsonError(error, code)\`.
A code is never renamed or used again. This page is generated: \`${command}\`.\n`,
    ...sections,
  ].join('\n')
}

if (isCommand(import.meta.url)) {
  await report(() => checkErrors(repositoryRoot, { write: process.argv.includes('--write') }))
}
