// `npm run metrics --workspace bench`: what recording a request and scraping cost, beside the client library in the same process.
import { parseArgs } from 'node:util'
import { formatRatio } from '../figures.ts'
import { describeMachine } from '../machine.ts'
import { median, ratioSpread } from '../statistics.ts'
import { renderTable, type Table } from '../table.ts'
import { createSeriesPair, type SeriesPair } from './series.ts'

/** Routes that make about 10,000 lines, 19 each. */
const routeCount = 520

/** Scrapes and recordings of one round. */
const scrapesPerRound = 10
const recordingsPerRound = 200_000

/** Pages of ten times the lines, for the longest time that a scrape holds the event loop. */
const largeRouteCount = 5_200

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '15' }, markdown: { type: 'boolean', default: false } },
  })
  const rounds = Number(values.rounds)
  const pair = createSeriesPair(routeCount)
  for (let turn = 0; turn < 200; turn++) {
    pair.traffic.ours()
    pair.traffic.theirs()
  }
  const lines = (await pair.ours.render()).body.split('\n').length - 1
  const tables = [await scrapes(pair, rounds), recordings(pair, rounds)]
  const allocated = allocatedBytes(pair)
  await pair.close()
  const [blockedMs, largeLines] = await longestBlock(rounds)
  console.log(
    [
      describeMachine(),
      `${lines} lines a page, ${rounds} rounds after one to warm up, CPU of the main thread; the client library renders text, keelson bytes. Numbers move between scrapes.`,
      ...tables.map((table) => renderTable(table, values.markdown)),
      `Allocated by 100,000 recordings of keelson, the look at the heap included: ${allocated} bytes.`,
      `Most CPU of the main thread between two turns of the loop during a scrape of ${largeLines} lines, a round each: ${blockedMs.map((ms) => ms.toFixed(1)).join(', ')} ms.`,
    ].join('\n\n'),
  )
}

/** CPU of one scrape, rounds of both interleaved. */
async function scrapes(pair: SeriesPair, rounds: number): Promise<Table> {
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const [a, b] = [
      await scrapeMs(pair.traffic.ours, () => pair.ours.render()),
      await scrapeMs(pair.traffic.theirs, () => pair.theirs.metrics()),
    ]
    // The first warms up.
    if (round > 0) {
      ours.push(a)
      theirs.push(b)
    }
  }
  return tableOf('Scrape', 'ms of CPU', ours, theirs, 3)
}

async function scrapeMs(traffic: () => void, scrape: () => Promise<unknown>): Promise<number> {
  let spentMs = 0
  for (let turn = 0; turn < scrapesPerRound; turn++) {
    traffic()
    const before = process.threadCpuUsage()
    await scrape()
    spentMs += sinceMs(before)
  }
  return spentMs / scrapesPerRound
}

/** CPU of one recorded request, without the clock reads around it. */
function recordings(pair: SeriesPair, rounds: number): Table {
  const [recorder] = pair.recorders
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round <= rounds; round++) {
    let before = process.threadCpuUsage()
    for (let turn = 0; turn < recordingsPerRound; turn++) {
      recorder?.record(200, 0.001 * (turn % 1_000), undefined, turn & 1_023, 512)
    }
    const a = (sinceMs(before) * 1e6) / recordingsPerRound
    before = process.threadCpuUsage()
    for (let turn = 0; turn < recordingsPerRound; turn++) pair.recordTheirs(0, 0.001 * (turn % 1_000))
    const b = (sinceMs(before) * 1e6) / recordingsPerRound
    if (round > 0) {
      ours.push(a)
      theirs.push(b)
    }
  }
  return tableOf(
    'Recording a request: count, duration, and with keelson two sizes',
    'ns of CPU',
    ours,
    theirs,
    1,
  )
}

/**
 * Least growth of the young generation over 100,000 recordings in a warm process, no collection between. The durations exist as
 * objects before: a fraction that is computed for a call which the engine does not inline is boxed by the caller (16 bytes).
 */
function allocatedBytes({ recorders: [recorder] }: SeriesPair): number {
  // The text keeps V8 from storing plain numbers, which it would box anew at each read.
  const durations: readonly unknown[] = ['', ...Array.from({ length: 1_000 }, (_, turn) => 0.25 + turn)]
  const record = () => {
    for (let turn = 0; turn < 100_000; turn++) {
      // All but the first are numbers.
      recorder?.record(200, durations[1 + (turn % 1_000)] as number, undefined, turn & 1_023, 512)
    }
  }
  const growths = Array.from({ length: 50 }, () => {
    const before = process.memoryUsage().heapUsed
    record()
    return process.memoryUsage().heapUsed - before
  })
  return Math.min(...growths.filter((growth) => growth >= 0))
}

/** CPU that the main thread spends between two turns of the loop while a page of ten times the size is written. */
async function longestBlock(rounds: number): Promise<readonly [readonly number[], number]> {
  const pair = createSeriesPair(largeRouteCount)
  const blocked: number[] = []
  let lines = 0
  for (let round = 0; round <= rounds; round++) {
    pair.traffic.ours()
    let longestMs = 0
    let isDone = false
    let last = process.threadCpuUsage()
    const look = () => {
      longestMs = Math.max(longestMs, sinceMs(last))
      last = process.threadCpuUsage()
      if (!isDone) setImmediate(look)
    }
    setImmediate(look)
    const { bytes } = await pair.ours.render()
    look()
    isDone = true
    lines = bytes.reduce((count, byte) => (byte === lineFeed ? count + 1 : count), 0)
    if (round > 0) blocked.push(longestMs)
  }
  await pair.close()
  return [blocked, lines]
}

const lineFeed = 10

function tableOf(
  what: string,
  unit: string,
  ours: readonly number[],
  theirs: readonly number[],
  digits: number,
): Table {
  const row = (name: string, values: readonly number[]) => [
    name,
    formatRatio(ratioSpread(values, theirs)),
    median(values).toFixed(digits),
  ]
  return {
    title: `${what}, ÷ the client library: median (quartiles)`,
    header: ['', 'ratio', unit],
    rows: [row('@prometheus-io/client', theirs), row('keelson', ours)],
  }
}

function sinceMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1_000
}

await main()
