import { showProgress } from '../progress.ts'
import { quantile, ratioSpread } from '../statistics.ts'
import type { Table } from '../table.ts'
import { type HedgePair, type HedgeSample, runHedge, type Stretch } from './hedge-run.ts'
import { seeds } from './seeded-random.ts'

/** Slow answers: one in so many. Of 25, and 4 % are not much less than the 5 % that may have a second attempt. */
const tails = [25, 50]

/**
 * Second attempts of slow reads, against none.
 *
 * @param roundCount stretches of 10 s at 50 % load, with and without; twice as many of 8 s at 130 %
 */
export async function hedgeTables(roundCount: number): Promise<readonly Table[]> {
  const tables: Table[] = []
  for (const oneIn of tails) {
    const rows: string[][] = []
    for (const seed of seeds) {
      showProgress(`hedging, one slow answer in ${oneIn}, seed ${seed}`)
      rows.push(rowOf(await runHedge({ oneIn }, seed, roundCount)))
    }
    tables.push({
      title: `One answer in ${oneIn} six times as slow, 50 % load; ${roundCount} stretches of 10 s by turns, ${2 * roundCount} of 8 s at 130 %`,
      header: [
        'hedging',
        'p99 without',
        'p99 with',
        'with ÷ without',
        'requests per call',
        'slow ones asked again',
        'at the same replica',
        'success at 130 % without',
        'with',
        'difference',
      ],
      rows,
    })
  }
  return tables
}

function rowOf({ seed, healthy, overload }: HedgeSample): string[] {
  const without = healthy.map((pair) => pair.without)
  const withHedge = healthy.map((pair) => pair.with)
  const ratios = ratioSpread(withHedge.map(p99Of), without.map(p99Of))
  const [lost, kept] = [successRatio(overload, 'without'), successRatio(overload, 'with')]
  const differences = overload.map((pair) => successRatio([pair], 'with') - successRatio([pair], 'without'))
  return [
    `seed ${seed}`,
    `${p99Of(joined(without)).toFixed(0)} ms`,
    `${p99Of(joined(withHedge)).toFixed(0)} ms`,
    `${ratios.median.toFixed(2)} (${ratios.min.toFixed(2)}–${ratios.max.toFixed(2)})`,
    share(withHedge, 'attemptCount', ({ durationsMs }) => durationsMs.length).toFixed(3),
    percent(share(withHedge, 'slowSecondCount', ({ slowCount }) => slowCount)),
    String(sum(withHedge, ({ samePlaceCount }) => samePlaceCount)),
    percent(lost),
    percent(kept),
    `${points(kept - lost)} (${points(Math.min(...differences))} to ${points(Math.max(...differences))})`,
  ]
}

function p99Of({ durationsMs }: Pick<Stretch, 'durationsMs'>): number {
  return quantile(durationsMs, 0.99)
}

function joined(stretches: readonly Stretch[]): Pick<Stretch, 'durationsMs'> {
  return { durationsMs: stretches.flatMap(({ durationsMs }) => durationsMs) }
}

function successRatio(pairs: readonly HedgePair[], kind: keyof HedgePair): number {
  return share(
    pairs.map((pair) => pair[kind]),
    'successCount',
    ({ durationsMs }) => durationsMs.length,
  )
}

function share(
  stretches: readonly Stretch[],
  part: 'attemptCount' | 'successCount' | 'slowSecondCount',
  whole: (stretch: Stretch) => number,
): number {
  return sum(stretches, (stretch) => stretch[part]) / sum(stretches, whole)
}

function sum(stretches: readonly Stretch[], of: (stretch: Stretch) => number): number {
  return stretches.reduce((total, stretch) => total + of(stretch), 0)
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`
}

function points(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(1)}`
}
