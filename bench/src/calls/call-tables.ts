import type { Table } from '../table.ts'
import { showProgress } from '../progress.ts'
import { runEndurance } from './endurance-run.ts'
import { type FailingSample, runFailing } from './failing-run.ts'
import { runNames } from './names-run.ts'
import { outageNames, runOutage } from './outage-run.ts'
import { seeds } from './seeded-random.ts'

/** Length of an outage in milliseconds: the bar of the project. */
const outageMs = 20_000

/** All replicas gone, two layers of keelson above them. */
export async function outageTables(): Promise<readonly Table[]> {
  const rows: string[][] = []
  for (const outage of outageNames) {
    for (const seed of seeds) {
      showProgress(`outage: ${outage}, seed ${seed}`)
      const sample = await runOutage(outage, seed, outageMs)
      rows.push([
        `${outage}, seed ${seed}`,
        sample.amplification.toFixed(2),
        sample.lateAmplification.toFixed(3),
        `${sample.failMs.toFixed(1)} ms`,
        sample.cpuRatio.toFixed(2),
        `${(sample.recoveredMs / 1_000).toFixed(1)} s`,
        percent(sample.laterGoodput),
      ])
    }
  }
  const header = [
    'outage',
    'requests per call',
    'after 3 s',
    'median failure',
    'CPU ÷ healthy',
    'recovered after',
    'success from 3 s on',
  ]
  return [{ title: `All replicas gone for ${outageMs / 1_000} s, two layers, 60 % load`, header, rows }]
}

/** A failing call beside a good one, with a full window. */
export async function failingTables(): Promise<readonly Table[]> {
  const samples: FailingSample[] = []
  for (const seed of seeds) {
    showProgress(`failing calls, seed ${seed}`)
    samples.push(await runFailing(seed))
  }
  const rows = samples.map(({ seed, goodMicros, failingMicros }) => [
    `seed ${seed}`,
    `${goodMicros.toFixed(1)} µs`,
    `${failingMicros.toFixed(1)} µs`,
    (failingMicros / goodMicros).toFixed(2),
  ])
  const header = ['CPU of the caller', 'good call', 'failing call', 'failing ÷ good']
  return [{ title: 'A failing call, 50,000 calls in the window', header, rows }]
}

/** What many calls leave behind. */
export async function enduranceTables(callCount: number): Promise<readonly Table[]> {
  showProgress(`${callCount} calls`)
  const samples = await runEndurance(callCount)
  const rows = samples.map((sample) => [
    sample.callCount.toLocaleString('en'),
    `${(sample.heapBytes / 2 ** 20).toFixed(2)} MiB`,
    String(sample.listenerCount),
  ])
  return [{ title: 'What calls leave behind', header: ['calls', 'heap', 'listeners'], rows }]
}

/** Questions to the name server, and calls without one. */
export function nameTables(silentMs: number): readonly Table[] {
  showProgress(`names, a name server that is silent for ${silentMs / 1_000} s`)
  const rows = runNames(silentMs).map((sample) => [
    sample.client,
    String(sample.queryCount),
    String(sample.errorCount),
    `${sample.silentErrorCount} of ${sample.silentCallCount}`,
  ])
  const header = [
    'client',
    'queries for 1,000 calls',
    'errors',
    `failed in ${silentMs / 1_000} s without DNS`,
  ]
  return [{ title: 'An in-cluster name, 100 calls at once at first', header, rows }]
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
