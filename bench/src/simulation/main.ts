// `npm run simulation -w bench`: keelson's retry, breaker, choice and hedging in a small call graph, in simulated time.
// `-- --ramp 0,500,1000`: breakers with ramps of these lengths, and nothing else; `--seeds 10` takes the seeds from 1 to 10.
import { parseArgs } from 'node:util'
import { seeds } from '../calls/seeded-random.ts'
import { endProgress, showProgress } from '../progress.ts'
import { renderTable, type Table } from '../table.ts'
import { type PhaseResult, simulate } from './call-graph.ts'
import { type CallPolicy, policies, withRamp } from './policies.ts'
import { scenarios, type Scenario } from './scenarios.ts'

const { values } = parseArgs({
  options: {
    markdown: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    ramp: { type: 'string' },
    seeds: { type: 'string', default: String(seeds.length) },
  },
})
const ramps = values.ramp?.split(',').map((length) => withRamp(Number(length)))
const chosenSeeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1)

const acceptance: string[][] = []
for (const scenario of scenarios.filter(({ name }) => name.includes(values.only))) {
  const rows: string[][] = []
  for (const policy of ramps ?? policies) {
    const runs: (readonly PhaseResult[])[] = []
    for (const seed of chosenSeeds) {
      showProgress(`${scenario.name}: ${policy.name}, seed ${seed}`)
      runs.push(await simulate(policy, scenario.phases, seed, scenario.admits))
    }
    rows.push(rowOf(policy, scenario, runs))
    for (const { name, bar, of, holds } of scenario.bars) {
      if (policy.name !== scenario.judged) continue
      const found = runs.map((run) => of(run))
      acceptance.push([
        scenario.name,
        name,
        bar,
        found.map((value) => value.toFixed(3)).join(', '),
        found.every(holds) ? 'holds' : 'MISSED',
      ])
    }
  }
  print({
    title: scenario.name,
    header: [
      'policy',
      'good',
      'p99',
      'requests per call',
      'first replica',
      'good afterwards',
      'recovered after',
    ],
    rows,
  })
}
if (acceptance.length > 0)
  print({
    title: `Acceptance, keelson, seeds 1 to ${values.seeds}`,
    header: ['scenario', 'what', 'bar', 'found', ''],
    rows: acceptance,
  })

/** The worst of all seeds. */
function rowOf(
  { name }: CallPolicy,
  { judgedPhase }: Scenario,
  runs: readonly (readonly PhaseResult[])[],
): string[] {
  const judged = runs.flatMap((run) => run[judgedPhase] ?? [])
  const last = runs.flatMap((run) => run.at(-1) ?? [])
  const worst = (of: (result: PhaseResult) => number, from = judged) => Math.max(...from.map(of))
  const least = (of: (result: PhaseResult) => number, from = judged) => Math.min(...from.map(of))
  return [
    name,
    `${(100 * least(({ goodput }) => goodput)).toFixed(1)} %`,
    milliseconds(worst(({ p99Ms }) => p99Ms)),
    worst(({ amplification }) => amplification).toFixed(2),
    `${(100 * worst(({ firstShare }) => firstShare)).toFixed(1)} %`,
    `${(100 * least(({ goodput }) => goodput, last)).toFixed(1)} %`,
    seconds(worst(({ recoveredMs }) => recoveredMs, last)),
  ]
}

function seconds(valueMs: number): string {
  return valueMs === Infinity ? 'never' : `${(valueMs / 1_000).toFixed(1)} s`
}

function milliseconds(value: number): string {
  return Number.isNaN(value) ? 'none' : `${value.toFixed(0)} ms`
}

function print(table: Table): void {
  endProgress()
  console.log(`${renderTable(table, values.markdown)}\n`)
}
