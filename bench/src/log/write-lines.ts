// Writes lines of one kind by one contender to standard output; says on standard error what a line cost. Arguments:
// contender, kind of work, turns that are counted, turns before them.
import { writeSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { worksOf, type Contender } from './surface-work.ts'
import { createSamples, linesOf, workNames } from './work.ts'

/** What a run comes to. */
export interface LineCost {
  /** CPU of the process per line, in microseconds, kernel included. */
  readonly cpuMicros: number
}

/** Lines that are written without the event loop having a turn; a busy service writes some dozens. */
const burst = 100

const [contender = '', workArgument = '', countText = '', warmUpText = ''] = process.argv.slice(2)
const work = workNames.find((name) => name === workArgument)
if (work === undefined) throw new Error(`There is no kind of line called ${workArgument}.`)
const module = (await import(`./contender-${contender}.js`)) as { createContender: () => Contender }
const samples = createSamples(1024)
const once = worksOf(module.createContender())[work]

await write(Number(warmUpText))
const before = process.cpuUsage()
await write(Number(countText))
const { user, system } = process.cpuUsage(before)
const cost: LineCost = { cpuMicros: (user + system) / (Number(countText) * linesOf(work)) }
writeSync(2, JSON.stringify(cost))

async function write(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const sample = samples[index % samples.length]
    if (sample !== undefined) once(sample)
    if (index % burst === 0) await nextTurn()
  }
}
