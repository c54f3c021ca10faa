import { parseArgs } from 'node:util'
import { requireProgram } from '../programs.ts'
import { renderTable, type Table } from '../table.ts'
import { frontNames, type FrontName } from './front.ts'
import { replicaStacks } from './replica-stacks.ts'
import { rollReplicas, type RestartResult } from './rolling-restart.ts'

/** Text of `npm run bench -- restarts --help`. */
const restartsUsage = `npm run bench -- restarts [options]

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
 * Runs the trial of rolling restarts and prints its table as Markdown. The fronts of one service run at the same time,
 * services one after the other.
 *
 * @param progress is told what happens
 */
export async function runRestarts(args: readonly string[], progress: (text: string) => void): Promise<void> {
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
  if (values.help) {
    console.log(restartsUsage)
    return
  }
  const restarts = toWhole('--restarts', values.restarts)
  const waitMs = toWhole('--wait', values.wait)
  const fronts = values.fronts.split(',').map(toFrontName)
  for (const front of fronts) if (front !== 'direct') requireProgram(front)
  const prefixes = values.stacks.split(',')
  const stacks = replicaStacks.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)))
  const nodeFlags = values.sources ? ['--conditions=keelson-source'] : []

  const rows: string[][] = []
  for (const stack of stacks) {
    const done = new Map<FrontName, number>()
    const results = await Promise.all(
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
  const table: Table = { title: 'Failed requests per restart', header: ['service', ...fronts], rows }
  console.log(`${renderTable(table, true)}\n`)
}

/** `0 of 8123 requests in 30 restarts · exit 0 ×30`, with the kinds of failures where there are any. */
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
