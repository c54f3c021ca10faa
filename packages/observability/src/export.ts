import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkOptions, KeelsonError, optionRules } from '@keelson/core/errors'
import type { MetricDefinition } from '@keelson/metrics'
import { alertCases, type AlertCase, serviceAlertCases } from './alert-cases.ts'
import { boardJson } from './board-json.ts'
import { serviceBoard } from './boards.ts'
import type { RuleGroup } from './rule.ts'
import { ruleTests } from './rule-tests.ts'
import { houseRules, serviceRules } from './rules.ts'
import { rulesYaml } from './rules-yaml.ts'

/** What must be known of a service to watch it. */
export interface ObservabilityOptions {
  /** Name of the service. */
  readonly service: string
  /**
   * Value of the label `job` of its targets in Prometheus.
   *
   * @defaultValue the name of the service
   */
  readonly job?: string
  /**
   * Names of the services that it calls; each gets a row of the board.
   *
   * @defaultValue none
   */
  readonly dependencies?: readonly string[]
  /**
   * Metrics of its own; each gets a panel.
   *
   * @defaultValue none
   */
  readonly metrics?: readonly MetricDefinition[]
  /**
   * Address of the folder in which you keep the runbook pages, without a slash at the end; each alert links to its page.
   *
   * @defaultValue 'runbooks', the folder of the export that has them: enough for people who have the files before them
   */
  readonly runbookBase?: string
}

/** Options of {@link exportObservability}. */
export interface ExportOptions extends ObservabilityOptions {
  /** Folder to write to; made when it is missing, files of the same name are replaced. */
  readonly folder: string
}

/** One file that watches a service. */
export interface ObservabilityFile {
  /** Below the folder of the export, with slashes. */
  readonly path: string
  readonly text: string
}

/** Files that are the same for every service, below the package. */
const sharedFiles = [
  'nginx/keelson-gelf.conf',
  'collectors/fluent-bit.conf',
  'collectors/fluentd.conf',
] as const

/**
 * Makes what watches a service: its board, the rules of the house and its own with tests for `promtool test rules`, a page for
 * each alert, the log format of nginx and snippets for collectors. The same options give the same files.
 *
 * @throws KEELSON_OBSERVABILITY_OPTIONS_INVALID
 */
export async function observabilityFiles(
  options: ObservabilityOptions,
): Promise<readonly ObservabilityFile[]> {
  checkExportOptions(options)
  const { service, job = service, dependencies = [], metrics = [], runbookBase } = options
  const own = serviceRules(service, job)
  const runbooks = [...houseRules, ...own]
    .flatMap(({ rules }) => rules)
    .flatMap((rule) => ('alert' in rule ? [`runbooks/${rule.alert}.md`] : []))
  return [
    {
      path: `board/${service}.json`,
      text: boardJson(serviceBoard(service, job, dependencies, metrics)),
    },
    ...ruleFiles('keelson', houseRules, alertCases, runbookBase),
    ...ruleFiles(service, own, serviceAlertCases(job), runbookBase),
    ...(await Promise.all(
      [...sharedFiles, ...runbooks].map(async (path) => ({ path, text: await sharedText(path) })),
    )),
  ]
}

/**
 * Writes {@link observabilityFiles}.
 *
 * @returns paths of the files, in the order in which they were written
 * @throws KEELSON_OBSERVABILITY_OPTIONS_INVALID
 */
export async function exportObservability({ folder, ...options }: ExportOptions): Promise<readonly string[]> {
  if (typeof folder !== 'string') throw invalid('folder', 'a path')
  const files = await observabilityFiles(options)
  for (const { path, text } of files) {
    const target = join(folder, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, text)
  }
  return files.map(({ path }) => join(folder, path))
}

function ruleFiles(
  name: string,
  groups: readonly RuleGroup[],
  cases: readonly AlertCase[],
  runbookBase: string | undefined,
): readonly ObservabilityFile[] {
  const rules = `${name}.rules.yaml`
  return [
    { path: `rules/${rules}`, text: rulesYaml(groups, runbookBase) },
    // Not `.rules.yaml`: Prometheus is often told to read all of those.
    { path: `rules/${name}.tests.yaml`, text: ruleTests(rules, groups, cases, runbookBase) },
  ]
}

/** The name becomes a file's and a group's; it is the one that `createService` takes. */
const serviceName = /^[a-z][a-z0-9-]{0,62}$/

function checkExportOptions(options: ObservabilityOptions): void {
  checkOptions('KEELSON_OBSERVABILITY_OPTIONS_INVALID', 'exportObservability', options, {
    service: optionRules.string,
    job: optionRules.string,
    dependencies: optionRules.array,
    metrics: optionRules.array,
    runbookBase: optionRules.string,
  })
  const { service } = options
  // `keelson` names the rules of the house.
  if (service === undefined || !serviceName.test(service) || service === 'keelson') {
    throw invalid('service', 'the name of the service')
  }
}

function invalid(option: string, takes: string): KeelsonError {
  return new KeelsonError(
    'KEELSON_OBSERVABILITY_OPTIONS_INVALID',
    `exportObservability.${option} is missing or of no use. It takes ${takes}.`,
    { details: { path: `exportObservability.${option}` } },
  )
}

function sharedText(path: string): Promise<string> {
  return readFile(new URL(`../${path}`, import.meta.url), 'utf8')
}
