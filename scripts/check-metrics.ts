// Metric names in both directions (STYLE §10): a name in a source or page is in the catalogue of @keelson/metrics, a name in
// the catalogue is filled by a source, and docs/reference/metrics.md lists them all.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compareOrWrite, table } from './reference-page.ts'
import { findFiles, findPackages, findSources, isCommand, readText, repositoryRoot } from './repository.ts'
import { report, type CheckReport } from './report.ts'
import { lineAt, readSource } from './source-text.ts'

const catalogueFile = 'packages/metrics/src/catalogue.ts'
const page = 'docs/reference/metrics.md'
const command = 'node scripts/check-metrics.ts --write'

/** One entry of `metricCatalogue`. */
interface Metric {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labels: readonly string[]
  readonly unit?: string
  readonly buckets?: readonly number[]
}

/** Compares the catalogue with sources, pages and the reference. */
export async function checkMetrics(root: string, { write = false } = {}): Promise<CheckReport> {
  // The module that declares the catalogue; its shape is held by its own types.
  const module = (await import(pathToFileURL(join(root, catalogueFile)).href)) as {
    metricCatalogue: readonly Metric[]
  }
  const metrics = module.metricCatalogue
  const known = new Set(metrics.flatMap(seriesNames))
  const sources = findPackages(root)
    .flatMap(({ folder }) => findSources(root, folder))
    .filter((file) => file !== catalogueFile)
  const problems = [
    ...sources.flatMap((file) => unlistedInSource(root, file, known)),
    ...unlistedInPages(root, known),
    ...unfilled(root, sources, metrics),
    ...compareOrWrite(root, page, metricsPage(metrics), { write, command }),
  ]
  return { problems, summary: `${metrics.length} metrics: listed, filled and documented` }
}

/** Names of the series that a metric is made of. */
function seriesNames({ name, type }: Metric): readonly string[] {
  return type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
}

function unlistedInSource(root: string, file: string, known: ReadonlySet<string>): readonly string[] {
  // The ecosystem's own prefixes are words of other things elsewhere; only the metrics package may mean metrics by them.
  const isMetric = file.startsWith('packages/metrics/')
    ? /^(?:keelson|http|nodejs|process)(?:_[a-z0-9]+)+$/
    : /^keelson(?:_[a-z0-9]+)+$/
  return readSource(readText(root, file))
    .strings.filter(({ value }) => isMetric.test(value) && !known.has(value))
    .map(({ value, line }) => `${file}:${line}: ${value} is not in ${catalogueFile}`)
}

function unlistedInPages(root: string, known: ReadonlySet<string>): readonly string[] {
  const pages = findFiles(root, ['*.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/**/*.md'])
  return pages.flatMap((file) => {
    const text = readText(root, file)
    return [...text.matchAll(/(?<![\w-])keelson(?:_[a-z0-9]+)+(?![\w*-])/g)]
      .filter(([name]) => file !== page && !known.has(name))
      .map(({ 0: name, index }) => `${file}:${lineAt(text, index)}: ${name} is not in ${catalogueFile}`)
  })
}

function unfilled(root: string, sources: readonly string[], metrics: readonly Metric[]): readonly string[] {
  const words = new Set(sources.flatMap((file) => readSource(readText(root, file)).code.match(/\w+/g) ?? []))
  return metrics
    .filter(({ name }) => !words.has(name))
    .map(({ name }) => `${catalogueFile}: ${name} is listed and no source fills it`)
}

function metricsPage(metrics: readonly Metric[]): string {
  const rows = metrics.map(({ name, type, help, labels, unit, buckets }) => [
    `\`${name}\``,
    type,
    unit ?? '',
    labels.map((label) => `\`${label}\``).join(', '),
    buckets === undefined ? help : `${help} Buckets: ${buckets.join(', ')}.`,
  ])
  return `# Metrics

Every metric that keelson exposes on \`/metrics\`, in the order of the exposition. This page is generated: \`${command}\`.

${table(['name', 'type', 'unit', 'labels', 'what it says'], rows)}`
}

if (isCommand(import.meta.url)) {
  await report(() => checkMetrics(repositoryRoot, { write: process.argv.includes('--write') }))
}
