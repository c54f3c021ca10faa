import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { KeelsonError } from '@keelson/core/errors'
import { metricCatalogue, type MetricDefinition, unitOfName } from '@keelson/metrics'
import { type MetricFamily, parseExposition } from '../exposition/parse.ts'

/** How long a service may take to answer with its page, in milliseconds: it has 2 s itself (DESIGN §3.3), and a network is between. */
const pageDeadlineMs = 5_000

/**
 * Reads the page of metrics of a service.
 *
 * @param place `http://…` or a file
 * @returns what its owner has added: metrics that the chassis does not have itself
 * @throws KeelsonError `KEELSON_CLI_TARGET_UNREACHABLE`
 */
export async function readPageMetrics(
  place: string,
  cwd: string,
  signal: AbortSignal,
): Promise<readonly MetricDefinition[]> {
  const { families, faults } = parseExposition(await pageAt(place, cwd, signal))
  const [fault] = faults
  if (fault !== undefined || families.length === 0) {
    const problem = fault === undefined ? 'It has no metrics' : `Line ${fault.line}: ${fault.problem}`
    throw unreadable(place, `${problem}.`)
  }
  const known = new Set<string>(metricCatalogue.map(({ name }) => name))
  // Of summaries and of what has no type nobody can say how to draw them.
  return families
    .filter(({ name, type }) => !known.has(name) && type !== 'summary' && type !== 'untyped')
    .map(definitionOf)
}

async function pageAt(place: string, cwd: string, signal: AbortSignal): Promise<string> {
  try {
    if (!/^https?:\/\//.test(place)) return await readFile(resolve(cwd, place), 'utf8')
    const answer = await fetch(place, {
      headers: { accept: 'text/plain; version=0.0.4' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(pageDeadlineMs)]),
    })
    if (!answer.ok) throw new Error(`it answers with ${answer.status}`)
    return await answer.text()
  } catch (error) {
    throw unreadable(place, `${error instanceof Error ? error.message : String(error)}.`, error)
  }
}

function definitionOf({ name, type, help = '', samples }: MetricFamily): MetricDefinition {
  const labels = new Set(samples.flatMap((sample) => sample.labels.map(([label]) => label)))
  if (type === 'histogram') labels.delete('le')
  const unit = unitOfName(name)
  return {
    name,
    // Asked above: neither of the two others.
    type: type as MetricDefinition['type'],
    help: help === '' ? name : help,
    labels: [...labels],
    ...(unit === undefined ? {} : { unit }),
  }
}

function unreadable(place: string, problem: string, cause?: unknown): KeelsonError {
  return new KeelsonError(
    'KEELSON_CLI_TARGET_UNREACHABLE',
    `The page of metrics at ${place} cannot be read. ${problem}`,
    cause === undefined ? {} : { cause },
  )
}
