import { showProgress } from '../progress.ts'
import type { Table } from '../table.ts'
import { type HedgePlan, type HedgeRun, simulateHedging } from './hedge-overload.ts'

/** One call in so many has a slow answer. */
const tails = [25, 50]

/** Share of the calls below which a run has collapsed: the replicas work for nobody most of the time. */
const collapsedBelow = 0.6

/** A client without second attempts, the same with other choices among the replicas, and one that makes some. */
interface Trial {
  readonly without: HedgeRun
  readonly control: HedgeRun
  readonly hedging: HedgeRun
}

/**
 * What second attempts cost at 130 % of what replicas can do that shed nothing, beside what chance alone makes of it.
 *
 * @param slownesses what work takes then, as multiples of what it ought to
 */
export async function hedgeTable(slownesses: readonly number[], seedCount: number): Promise<Table> {
  const rows: string[][] = []
  for (const oneIn of tails) {
    for (const slowness of slownesses) {
      const trials: Trial[] = []
      for (let seed = 1; seed <= seedCount; seed++) {
        showProgress(`one slow answer in ${oneIn}, ${slowness} × as slow, seed ${seed}`)
        trials.push(
          await runTrial({ tail: { oneIn }, seed, healthyMs: 10_000, overloadMs: 24_000, slowness }),
        )
      }
      rows.push([`one in ${oneIn}`, slowness.toFixed(2), ...cellsOf(trials)])
    }
  }
  return {
    title: `Second attempts at 130 %, replicas that finish what nobody waits for, seeds 1 to ${seedCount}`,
    header: [
      'slow answers',
      'work takes',
      'p99 with ÷ without, at 50 %',
      'second attempts per call',
      'good without',
      'difference of other choices',
      'difference of second attempts',
      'collapsed: without, other choices, with',
    ],
    rows,
  }
}

async function runTrial(plan: Omit<HedgePlan, 'choice' | 'hedge'>): Promise<Trial> {
  return {
    without: await simulateHedging({ ...plan, choice: 0, hedge: false }),
    control: await simulateHedging({ ...plan, choice: 1, hedge: false }),
    hedging: await simulateHedging({ ...plan, choice: 0, hedge: {} }),
  }
}

function cellsOf(trials: readonly Trial[]): string[] {
  const ratios = trials.map(({ without, hedging }) => hedging.p99Ms / without.p99Ms)
  const collapsed = (kind: keyof Trial) =>
    trials.filter((trial) => trial[kind].goodput < collapsedBelow).length
  return [
    `${meanOf(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    meanOf(trials.map(({ hedging }) => hedging.secondRatio)).toFixed(4),
    `${(100 * meanOf(trials.map(({ without }) => without.goodput))).toFixed(1)} %`,
    difference(trials, 'control'),
    difference(trials, 'hedging'),
    `${collapsed('without')}, ${collapsed('control')}, ${collapsed('hedging')}`,
  ]
}

/** Mean in points with its standard error, and the range. */
function difference(trials: readonly Trial[], kind: keyof Trial): string {
  const points = trials.map((trial) => 100 * (trial[kind].goodput - trial.without.goodput))
  const mean = meanOf(points)
  const error = Math.sqrt(meanOf(points.map((value) => (value - mean) ** 2)) / points.length)
  return `${mean.toFixed(2)} ± ${error.toFixed(2)} (${Math.min(...points).toFixed(1)} to ${Math.max(...points).toFixed(1)})`
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
