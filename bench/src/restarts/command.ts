import { parseArgs } from 'node:util'
import type { Table } from '../table.ts'
import { frontNames, type FrontName } from './front.ts'
import { replicaStacks, type ReplicaStack } from './replica-stacks.ts'
import { rollReplicas, type RestartResult } from './rolling-restart.ts'

/** What the command line asks for. */
export interface RestartOptions {
  readonly stacks: readonly ReplicaStack[]
  readonly fronts: readonly FrontName[]
  /** Restarts of each stack behind each front. */
  readonly restarts: number
  /** Time that a stack waits between the signal and the close, in milliseconds. */
  readonly waitMs: number
  /** Whether keelson runs from its sources. */
  readonly sources: boolean
}

/** Text of `npm run bench -- restarts --help`. */
export const restartsUsage: string = `npm run bench -- restarts [options]

  Failed requests per rolling restart of three replicas under load, for keelson and its peers.

  --restarts N      restarts of each service behind each front (6)
  --fronts A,B      only these: ${frontNames.join(', ')}
  --stacks A,B      only those whose name begins so: ${replicaStacks.map(({ name }) => name).join('; ')}
  --wait N          milliseconds that a service waits between the signal and the close (5000)
  --sources         run keelson from its sources instead of what was built`

/** When a front takes a replica from its list, and when a replica is killed, in milliseconds (Kubernetes: 30 s). */
const takenAfterMs = [500, 3_000] as const
const killAfterMs = 30_000
/** Delay of the network, one way, in milliseconds. */
const delayMs = 1

/**
 * Reads the command line.
 *
 * @returns `undefined` when only the help was asked for
 * @throws Error that names the argument that is wrong
 */
export function readRestartOptions(args: readonly string[]): RestartOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      restarts: { type: 'string', default: '6' },
      fronts: { type: 'string', default: frontNames.join(',') },
      stacks: { type: 'string', default: '' },
      wait: { type: 'string', default: '5000' },
      sources: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const prefixes = values.stacks.split(',')
  return {
    stacks: replicaStacks.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix))),
    fronts: values.fronts.split(',').map(toFrontName),
    restarts: toWhole('--restarts', values.restarts),
    waitMs: toWhole('--wait', values.wait),
    sources: values.sources,
  }
}

/**
 * Runs the trial of rolling restarts. The fronts of one service run at the same time, services one after the other.
 *
 * @param progress is told what happens
 */
export async function runRestarts(
  { stacks, fronts, restarts, waitMs, sources }: RestartOptions,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<Table> {
  const nodeFlags = sources ? ['--conditions=keelson-source'] : []
  const rows: string[][] = []
  for (const stack of stacks) {
    const done = new Map<FrontName, number>()
    const results = await allOrNone(signal, (either) =>
      fronts.map((front) =>
        rollReplicas({
          stack,
          front,
          restarts,
          waitMs,
          takenAfterMs,
          delayMs,
          killAfterMs,
          nodeFlags,
          signal: either,
          onRestart(count) {
            done.set(front, count)
            progress(
              `${stack.name}: ${[...done].map(([name, n]) => `${name} ${n}`).join(', ')} of ${restarts}`,
            )
          },
        }),
      ),
    )
    rows.push([stack.name, ...results.map(describeResult)])
  }
  return { title: 'Failed requests per restart', header: ['service', ...fronts], rows }
}

/**
 * Waits for all, and ends the others when one fails: none leaves a process behind.
 *
 * @throws the first failure, after all have ended
 */
async function allOrNone<Result>(
  signal: AbortSignal,
  start: (either: AbortSignal) => readonly Promise<Result>[],
): Promise<readonly Result[]> {
  const failed = new AbortController()
  const works = start(AbortSignal.any([signal, failed.signal]))
  try {
    return await Promise.all(works)
  } catch (error) {
    failed.abort(error)
    await Promise.allSettled(works)
    throw error
  }
}

/** `**0.5**: 1 of 8123 in 2 (POST 502 ×1); exit 0 ×2`: failures per restart, of how many requests, and how replicas ended. */
function describeResult({ restarts, requests, failures, ends }: RestartResult): string {
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0)
  const kinds = failed === 0 ? '' : ` (${describeCounts(failures)})`
  return `**${(failed / restarts).toFixed(1)}**: ${failed} of ${requests} in ${restarts}${kinds}; ${describeCounts(ends)}`
}

function describeCounts(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .map(([kind, count]) => `${kind} ×${count}`)
    .join(', ')
}

function toFrontName(text: string): FrontName {
  const found = frontNames.find((name) => name === text)
  if (found !== undefined) return found
  throw new Error(`There is no front called ${text}.\n\n${restartsUsage}`)
}

function toWhole(option: string, text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0 && count <= 100_000) return count
  throw new Error(`${option} is ${text}, but must be a whole number from 0 to 100000.`)
}
