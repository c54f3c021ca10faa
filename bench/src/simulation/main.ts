// `npm run simulation -w bench`: keelson's retry, breaker, choice and hedging in a small call graph, in simulated time.
// `-- --ramp 0,500,1000`: breakers with ramps of these lengths, and nothing else; `--seeds 10` takes the seeds from 1 to 10; `--policy`
// and `--only` choose by a part of the name; `--json` prints every phase of every run, with all digits, in place of the tables.
// `-- --hedging 1,1.1`: second attempts in an overload on machines on which work takes so much longer, and nothing else.
import { parseArgs } from 'node:util'
import { seeds } from '../calls/seeded-random.ts'
import { endProgress, showProgress } from '../progress.ts'
import { renderTable, type Table } from '../table.ts'
import { type PhaseResult, simulate } from './call-graph.ts'
import { hedgeTable } from './hedge-table.ts'
import { type CallPolicy, oracle, policies, withRamp } from './policies.ts'
import { scenarios, type Scenario } from './scenarios.ts'
import { summary } from './summary.ts'

const { values } = parseArgs({
  options: {
    hedging: { type: 'string' },
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    policy: { type: 'string', default: '' },
    ramp: { type: 'string' },
    seeds: { type: 'string', default: String(seeds.length) },
  },
})
const ramps = values.ramp?.split(',').map((length) => withRamp(Number(length)))
const chosenPolicies = ramps ?? [...policies, oracle].filter(({ name }) => name.includes(values.policy))
const chosenSeeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1)

if (values.hedging !== undefined) {
  print(await hedgeTable(values.hedging.split(',').map(Number), Number(values.seeds)))
}
const acceptance: string[][] = []
const chosenScenarios = values.hedging === undefined ? scenarios : []
for (const scenario of chosenScenarios.filter(({ name }) => name.includes(values.only))) {
  const rows: string[][] = []
  const runsOf = new Map<CallPolicy, (readonly PhaseResult[])[]>()
  for (const policy of chosenPolicies) {
    const runs: (readonly PhaseResult[])[] = []
    for (const seed of chosenSeeds) {
      showProgress(`${scenario.name}: ${policy.name}, seed ${seed}`)
      const run = await simulate(policy, scenario.phases, seed, scenario.admits)
      runs.push(run)
      if (values.json)
        console.log(JSON.stringify({ scenario: scenario.name, policy: policy.name, seed, phases: run }))
    }
    runsOf.set(policy, runs)
    rows.push(rowOf(policy, scenario, runs))
  }
  acceptance.push(...judge(scenario, runsOf))
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
      'failed by',
    ],
    rows,
  })
}
if (acceptance.length > 0)
  print({
    title: `Acceptance, keelson, seeds 1 to ${values.seeds}`,
    header: ['scenario', 'what', 'bar', 'found', '', 'oracle'],
    rows: acceptance,
  })

/** What was found for each bar, and what somebody who knows everything would have found. */
function judge(
  { name: scenario, judged, bars }: Scenario,
  runsOf: ReadonlyMap<CallPolicy, readonly (readonly PhaseResult[])[]>,
): readonly string[][] {
  const runs = [...runsOf].find(([{ name }]) => name === judged)?.[1]
  if (runs === undefined) return []
  return bars.map(({ name, bar, of, holds }) => {
    const found = runs.map(of)
    const best = runsOf.get(oracle)?.map(of) ?? []
    return [
      scenario,
      name,
      bar,
      summary(found, holds),
      found.every(holds) ? 'holds' : 'MISSED',
      summary(best, holds),
    ]
  })
}

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
    commonest(judged),
  ]
}

/** What failed most calls, and how many of those that failed. */
function commonest(results: readonly PhaseResult[]): string {
  const sums = new Map<string, number>()
  for (const [name, count] of results.flatMap(({ failures }) => Object.entries(failures))) {
    sums.set(name, (sums.get(name) ?? 0) + count)
  }
  const [first, ...others] = [...sums].toSorted(([, a], [, b]) => b - a)
  if (first === undefined) return 'none'
  const [name, count] = first
  return `${name} ${count} of ${others.reduce((sum, [, other]) => sum + other, count)}`
}

function seconds(valueMs: number): string {
  return valueMs === Infinity ? 'never' : `${(valueMs / 1_000).toFixed(1)} s`
}

function milliseconds(value: number): string {
  return Number.isNaN(value) ? 'none' : `${value.toFixed(0)} ms`
}

function print(table: Table): void {
  endProgress()
  if (values.json) return
  console.log(`${renderTable(table, values.markdown)}\n`)
}
