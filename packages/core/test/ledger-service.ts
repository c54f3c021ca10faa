// A small service under the watch of its process, for ledger.int.test.ts: says how its last life ended, then dies as told.
import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { subscribe } from '@keelson/core/channels'
import { createHealth } from '@keelson/core/health'
import { createProcessWatch } from '@keelson/core/ledger'
import { createLifecycle, joinProcess } from '@keelson/core/lifecycle'

const { STATE_DIR, DEATH = 'wait', TERMINATION_PATH, HEARTBEAT_MS = '100' } = process.env
const service = 'mortal'

function say(what: string, fact: object): void {
  writeSync(1, `${JSON.stringify({ what, ...fact })}\n`)
}
for (const name of [
  'keelson.process.previous-exit',
  'keelson.ledger.problem',
  'keelson.limits.warning',
  'keelson.leak.verdict',
] as const) {
  subscribe(name, (fact) => say(name, fact))
}

const health = createHealth({ service })
const lifecycle = createLifecycle({ service, health, gracePeriodMs: Number(process.env['GRACE_MS'] ?? 500) })
const watch = createProcessWatch({
  service,
  pod: 'pod-1',
  stateDir: STATE_DIR,
  terminationMessagePath: TERMINATION_PATH,
  heartbeatMs: Number(HEARTBEAT_MS),
  leakWindowMs: 200,
  inFlightCount: () => 3,
})
joinProcess({
  service,
  async stop(request) {
    const report = await lifecycle.stop(request)
    watch.close(report)
    return report
  },
  fatal() {},
  flush() {},
})
if (DEATH === 'deadline' || DEATH === 'second-signal') {
  lifecycle.onClose('a pool that hangs', () => new Promise(() => setTimeout(() => {}, 60_000)))
}
lifecycle.markStarted()
const keepAlive = setInterval(() => {}, 1_000)
lifecycle.onClose('keep-alive', () => clearInterval(keepAlive))
setTimeout(() => say('alive', { pid: process.pid, recordPath: watch.recordPath }), 250)

/** What is collected again, as in any service; some of it lives long enough for the old generation. */
const recent: unknown[] = []
function makeGarbage(): void {
  recent.push(Array.from({ length: 10_000 }, (_, index) => `${Math.random()}${index}`))
  if (recent.length > 30) recent.length = 0
}

const deaths: Readonly<Record<string, () => void>> = {
  uncaught: () => {
    throw new TypeError('nobody expects this')
  },
  rejection: () => {
    void Promise.reject(new RangeError('nobody awaits this'))
  },
  heap: () => {
    const kept: unknown[] = []
    for (;;) kept.push(Array.from({ length: 1_000 }, Math.random))
  },
  // Slow enough for heartbeats, and outside of the heap, so that the kernel is the first to object.
  memory: () => {
    const kept: Buffer[] = []
    setInterval(() => kept.push(Buffer.alloc(2 ** 20, 1)), 10)
  },
  leak: () => {
    const kept: string[][] = []
    setInterval(() => {
      // Slow enough that many windows pass before the heap is full, on a quick machine too.
      kept.push(Array.from({ length: 2_000 }, (_, index) => `${Math.random()}${index}`))
      makeGarbage()
    }, 10)
  },
  steady: () => {
    setInterval(makeGarbage, 10)
  },
  stall: () => {
    // Stands for the thread that answers the probes.
    const thread = new Worker(new URL('./ledger-stall-thread.ts', import.meta.url), {
      workerData: { recordPath: watch.recordPath, pid: process.pid },
    })
    thread.once('online', () => {
      for (;;);
    })
  },
  exit: () => {
    process.exitCode = 3
    clearInterval(keepAlive)
    // The loop runs empty: nothing asked for a stop.
  },
}
setTimeout(() => deaths[DEATH]?.(), 400)
