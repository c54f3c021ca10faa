// `npm run calls -w bench`: what clients do about replicas and name servers that fail, and what a call costs.
import { parseArgs } from 'node:util'
import { describeMachine } from '../machine.ts'
import { endProgress, showProgress } from '../progress.ts'
import { median, ratioSpread, spreadOf } from '../statistics.ts'
import { renderTable, type Table } from '../table.ts'
import { enduranceTables, failingTables, nameTables, outageTables } from './call-tables.ts'
import { contenders } from './contenders.ts'
import { type CostSample, costStacks, runCost } from './cost-run.ts'
import { faultNames, type FaultSample, runFault } from './faults-run.ts'
import { hedgeTables } from './hedge-tables.ts'

const usage = `npm run calls -w bench -- [faults | cost | outage | hedge | failing | names | endurance]… [options]

  faults      one bad replica of three: keelson beside undici, opossum and cockatiel
  cost        CPU of a call: keelson beside an undici Pool and the global fetch
  outage      all replicas gone for 20 s, two layers of keelson
  hedge       second attempts of slow reads
  failing     a failing call beside a good one, 50,000 calls in the window
  names       questions to a name server; needs root and unshare
  endurance   heap and listeners after many calls

Without a name: faults and cost.

  --runs N       runs of each client under each fault (3; 0 for none)
  --faults A,B   only these: refused, black hole, 503, slow x20
  --clients A,B  only those whose name begins so
  --rounds N     rounds of each kind of call for its cost (7; 0 for none)
  --calls N      calls per round (20000)
  --stretches N  stretches of 10 s of hedging, with and without (3)
  --silence N    seconds without a name server (240)
  --endurance N  calls of endurance (1000000)
  --markdown     tables for a page`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    stretches: { type: 'string', default: '3' },
    silence: { type: 'string', default: '240' },
    endurance: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '3' },
    faults: { type: 'string', default: faultNames.join(',') },
    clients: { type: 'string', default: '' },
    rounds: { type: 'string', default: '7' },
    calls: { type: 'string', default: '20000' },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const chosenFaults = faultNames.filter((name) => values.faults.split(',').includes(name))
const chosenClients = contenders.filter(({ name }) =>
  values.clients.split(',').some((prefix) => name.startsWith(prefix)),
)

const runs: Readonly<Record<string, () => readonly Table[] | Promise<readonly Table[]>>> = {
  faults: () => faultTables(Number(values.runs)),
  cost: () => costTables(Number(values.rounds), Number(values.calls)),
  outage: outageTables,
  hedge: () => hedgeTables(Number(values.stretches)),
  failing: failingTables,
  names: () => nameTables(Number(values.silence) * 1_000),
  endurance: () => enduranceTables(Number(values.endurance)),
}

if (values.help) console.log(usage)
else await main()

async function main(): Promise<void> {
  console.log(`${describeMachine()}\n`)
  for (const name of positionals.length === 0 ? ['faults', 'cost'] : positionals) {
    const run = runs[name]
    if (run === undefined) throw new Error(`There is no run ${name}.\n\n${usage}`)
    const tables = await run()
    endProgress()
    for (const table of tables) console.log(`${renderTable(table, values.markdown)}\n`)
  }
}

async function faultTables(runCount: number): Promise<readonly Table[]> {
  const tables: Table[] = []
  for (const fault of runCount > 0 ? chosenFaults : []) {
    const samples: FaultSample[] = []
    for (let run = 1; run <= runCount; run++) {
      for (const contender of chosenClients) {
        showProgress(`${fault}, run ${run} of ${runCount}: ${contender.name}`)
        samples.push(await runFault(contender, fault))
      }
    }
    tables.push(faultTable(fault, samples))
  }
  return tables
}

/** The worst of all runs: a client is as good as it is on a bad day. */
function faultTable(fault: string, samples: readonly FaultSample[]): Table {
  return {
    title: `One of three replicas: ${fault}, at 60 % load; the worst run of each`,
    header: ['client', 'success', 'requests per call', 'bad replica after 2 s', 'p99 after 2 s'],
    rows: chosenClients.map(({ name }) => {
      const own = samples.filter(({ contender }) => contender === name)
      const worst = (of: (sample: FaultSample) => number) => Math.max(...own.map(of))
      return [
        name,
        percent(Math.min(...own.map(({ successRatio }) => successRatio))),
        worst(({ amplification }) => amplification).toFixed(3),
        percentOrNone(worst(({ badRatio }) => badRatio)),
        `${worst(({ lateP99Ms }) => lateP99Ms).toFixed(0)} ms`,
      ]
    }),
  }
}

async function costTables(rounds: number, callCount: number): Promise<readonly Table[]> {
  if (rounds === 0) return []
  showProgress('cost of a call')
  const samples = await runCost(rounds, callCount)
  const figuresOf = (stack: (typeof costStacks)[number], of: (sample: CostSample) => number) =>
    (samples.get(stack) ?? []).map(of)
  const rows = costStacks.map((stack) => {
    const ratioTo = (base: (typeof costStacks)[number]) => {
      const ratio = ratioSpread(figuresOf(stack, cpu), figuresOf(base, cpu))
      return `${ratio.median.toFixed(2)} (${ratio.lower.toFixed(2)}–${ratio.upper.toFixed(2)})`
    }
    const spread = spreadOf(figuresOf(stack, cpu))
    return [
      stack,
      ratioTo('undici Pool'),
      ratioTo('global fetch'),
      `${spread.median.toFixed(1)} µs`,
      median(figuresOf(stack, ({ callsPerSecond }) => callsPerSecond)).toFixed(0),
    ]
  })
  const header = ['call', 'CPU ÷ undici Pool', 'CPU ÷ global fetch', 'CPU of the caller', 'calls/s']
  return [{ title: `Cost of a call, ${rounds} rounds of ${callCount}`, header, rows }]
}

function cpu({ cpuMicros }: CostSample): number {
  return cpuMicros
}

/** Of no requests there is no share: a breaker that stays open sends none. */
function percentOrNone(share: number): string {
  return Number.isNaN(share) ? 'none sent' : percent(share)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
