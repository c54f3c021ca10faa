import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkOptions, KeelsonError, optionRules } from '@keelson/core/errors'
import type { MetricDefinition } from '@keelson/metrics'
import { boardJson } from './board-json.ts'
import { serviceBoard } from './boards.ts'
import { houseRules, serviceRules } from './rules.ts'
import { rulesYaml } from './rules-yaml.ts'

/** What must be known of a service to watch it. */
export interface ExportOptions {
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
   * @defaultValue 'docs/runbooks', where the repository of keelson has them
   */
  readonly runbookBase?: string
  /** Folder to write to; made when it is missing, files in it are replaced. */
  readonly folder: string
}

/** Files that are the same for every service, below the package. */
const sharedFiles = [
  'nginx/keelson-gelf.conf',
  'collectors/fluent-bit.conf',
  'collectors/fluentd.conf',
] as const

/**
 * Writes what watches a service: its board, the rules of the house and its own, the log format of nginx and snippets for
 * collectors.
 *
 * @returns paths of the files, in the order in which they were written
 * @throws KEELSON_OBSERVABILITY_OPTIONS_INVALID
 */
export async function exportObservability(options: ExportOptions): Promise<readonly string[]> {
  checkExportOptions(options)
  const { service, job = service, dependencies = [], metrics = [], runbookBase, folder } = options
  const files: readonly (readonly [path: string, text: string])[] = [
    [`board/${service}.json`, boardJson(serviceBoard(service, job, dependencies, metrics))],
    ['rules/keelson.rules.yaml', rulesYaml(houseRules, runbookBase)],
    [`rules/${service}.rules.yaml`, rulesYaml(serviceRules(service, job), runbookBase)],
    ...(await Promise.all(sharedFiles.map(async (path) => [path, await sharedText(path)] as const))),
  ]
  for (const [path, text] of files) {
    const target = join(folder, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, text)
  }
  return files.map(([path]) => join(folder, path))
}

/** The name becomes a file's and a group's; it is the one that `createService` takes. */
const serviceName = /^[a-z][a-z0-9-]{0,62}$/

function checkExportOptions(options: ExportOptions): void {
  checkOptions('KEELSON_OBSERVABILITY_OPTIONS_INVALID', 'exportObservability', options, {
    service: optionRules.string,
    job: optionRules.string,
    dependencies: optionRules.array,
    metrics: optionRules.array,
    runbookBase: optionRules.string,
    folder: optionRules.string,
  })
  const { service, folder } = options
  if (service === undefined || !serviceName.test(service)) throw invalid('service', 'the name of the service')
  if (folder === undefined) throw invalid('folder', 'a path')
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
