import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import type { MetricDefinition } from '@keelson/metrics'
import { observabilityFiles, type ObservabilityFile } from '@keelson/observability'
import type { CommandIo, CommandModule } from '../command.ts'
import { loadServiceTools, type ServiceDescription } from '../config/service-tools.ts'
import { cliExitCodes } from '../exit-codes.ts'
import { observabilityHelp } from './observability-help.ts'
import { type ObservabilityRequest, readObservabilityOptions } from './observability-options.ts'
import { readPageMetrics } from './page-metrics.ts'

/** `keelson observability`. */
export const command: CommandModule = { help: observabilityHelp, run }

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const request = readObservabilityOptions(args)
  const tools = await loadServiceTools(io.cwd, request.service)
  let description: ServiceDescription
  try {
    description = tools.describeService()
  } catch (error) {
    // What is wrong with the definition is the answer, not a failure of the command.
    if (!isKeelsonError(error)) throw error
    io.err(`${error.message}\n`)
    return cliExitCodes.broken
  }
  const files = await filesOf(description, request, io)
  return request.check ? await compare(files, request.out, io) : await write(files, request.out, io)
}

async function filesOf(
  { name, dependencies, metrics }: ServiceDescription,
  { job, runbooks, metrics: place }: ObservabilityRequest,
  io: CommandIo,
): Promise<readonly ObservabilityFile[]> {
  const onPage = place === undefined ? [] : await readPageMetrics(place, io.cwd, io.signal)
  return observabilityFiles({
    service: name,
    dependencies,
    metrics: merged(metrics, onPage),
    ...(job === undefined ? {} : { job }),
    ...(runbooks === undefined ? {} : { runbookBase: runbooks }),
  })
}

/** What the definition says of a metric stands: a page shows only the labels that were seen. */
function merged(
  declared: readonly MetricDefinition[],
  onPage: readonly MetricDefinition[],
): readonly MetricDefinition[] {
  const known = new Set(declared.map(({ name }) => name))
  return [...declared, ...onPage.filter(({ name }) => !known.has(name))]
}

async function write(files: readonly ObservabilityFile[], out: string, io: CommandIo): Promise<number> {
  const folder = resolve(io.cwd, out)
  let changedCount = 0
  for (const { path, text } of files) {
    const target = join(folder, path)
    const before = await textAt(target)
    if (before === text) continue
    changedCount++
    try {
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, text)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new KeelsonError(
        'KEELSON_CLI_REPORT_UNWRITABLE',
        `${join(out, path)} cannot be written: ${reason}.`,
        {
          cause: error,
        },
      )
    }
    io.out(`${before === undefined ? 'written ' : 'replaced'}  ${join(out, path)}\n`)
  }
  io.out(`${files.length} files in ${out}, ${files.length - changedCount} of them as they were\n`)
  return cliExitCodes.pass
}

async function compare(files: readonly ObservabilityFile[], out: string, io: CommandIo): Promise<number> {
  let differCount = 0
  for (const { path, text } of files) {
    const before = await textAt(resolve(io.cwd, out, path))
    if (before === text) continue
    differCount++
    io.err(`${before === undefined ? 'missing  ' : 'differs  '}  ${join(out, path)}\n`)
  }
  if (differCount === 0) return cliExitCodes.pass
  io.err(`Write them anew: keelson observability export --out ${out}\n`)
  return cliExitCodes.broken
}

async function textAt(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
