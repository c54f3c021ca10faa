// Writes so many lines to standard output through a log, then ends as told. Says on descriptor 3 what became of it.
import { appendFileSync, readFileSync } from 'node:fs'
import { subscribe } from '@keelson/core/channels'
import { createLog } from '../../src/index.ts'

const [countText = '1', end = 'exit', reports = ''] = process.argv.slice(2)
const count = Number(countText)

let dropped = 0
let tellings = 0
const reasons = new Set<string>()
subscribe('keelson.log.dropped', (fact) => {
  dropped += fact.count
  tellings++
  reasons.add(fact.reason)
})

const log = createLog({ service: 'writer' })
const startedAt = performance.now()
const rssAtStart = process.memoryUsage.rss()
let longestMs = 0
let turns = 0

/** Writes in bursts of 1,000, as a busy service does: other work must get its turn between them. */
function writeFrom(index: number): void {
  const until = Math.min(index + 1000, count)
  for (let number = index; number < until; number++) {
    const before = performance.now()
    log.logger.info({ number, text: 'x'.repeat(100) }, 'line')
    longestMs = Math.max(longestMs, performance.now() - before)
  }
  turns++
  if (until < count) setImmediate(writeFrom, until)
  else finish()
}

function report(): void {
  if (reports === '') return
  const flags = /flags:\s*(\d+)/.exec(readFileSync('/proc/self/fdinfo/1', 'utf8'))?.[1] ?? ''
  const facts = {
    dropped,
    tellings,
    reasons: [...reasons],
    longestMs,
    turns,
    totalMs: performance.now() - startedAt,
    heldMb: process.memoryUsage().arrayBuffers / 1024 / 1024,
    grownMb: (process.memoryUsage.rss() - rssAtStart) / 1024 / 1024,
    sharedNonBlocking: (Number.parseInt(flags, 8) & 0o4000) !== 0,
  }
  appendFileSync(reports, `${JSON.stringify(facts)}\n`)
}

function finish(): void {
  report()
  switch (end) {
    case 'exit':
      process.exitCode = 0
      break
    case 'wait-and-close':
      // Lines go on slowly while the reader is away, until it has had time to come back.
      setTimeout(() => void log.close().then(report), 1000)
      break
    case 'stay':
      // Killed from outside, while lines are held back.
      setTimeout(() => {}, 60_000)
      break
    case 'sigkill':
      process.kill(process.pid, 'SIGKILL')
      break
    case 'sigterm':
      process.kill(process.pid, 'SIGTERM')
      setTimeout(() => {}, 10_000)
      break
    case 'abort':
      process.abort()
      break
    case 'reject':
      void Promise.reject(new Error('nobody catches this'))
      break
    default:
      throw new Error('nobody catches this')
  }
}

writeFrom(0)
