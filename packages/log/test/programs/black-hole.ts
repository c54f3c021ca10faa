// Ships lines for so many seconds (argv[2]) to a receiver that accepts connections and reads nothing, on a port (argv[3])
// of a name that is asked for through us. Prints what became of them.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createGelfAdapter } from '../../src/shipping/gelf-adapter.ts'

const [, , secondsText = '', port = ''] = process.argv
let lookups = 0
let told = 0
const adapter = createGelfAdapter({
  url: `tcp://graylog.test:${port}`,
  lookup() {
    lookups++
    return Promise.resolve([{ address: '127.0.0.1', family: 4 }])
  },
  onDropped: (_reason, count) => (told += count),
})
const text = 'x'.repeat(700)
let sent = 0

/** 5,000 lines a second, as a busy service has. */
async function write(untilMs: number): Promise<void> {
  while (performance.now() < untilMs) {
    for (let index = 0; index < 50; index++, sent++) {
      adapter.send(
        `{"version":"1.1","host":"h","short_message":"m","level":6,"_number":${sent},"_text":"${text}"}`,
      )
    }
    await wait(10)
  }
}

setFlagsFromString('--expose-gc')
// What the flag gives to new contexts.
const collect = runInNewContext('gc') as () => void

/** Memory that is kept, in bytes: that of the process depends on when V8 finds time to collect, which others may take from it. */
function keptBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// The queue fills, and code gets warm, before memory and delays are looked at.
await write(performance.now() + 4000)
const delay = monitorEventLoopDelay({ resolution: 1 })
const keptBefore = keptBytes()
delay.enable()
await write(performance.now() + Number(secondsText) * 1000)
delay.disable()
const grownMb = (keptBytes() - keptBefore) / 1024 / 1024
const { queuedCount, queuedBytes, connectionCount } = adapter.stats()
await adapter.close()
const { sentCount, dropped } = adapter.stats()
process.stdout.write(
  JSON.stringify({
    sent,
    sentCount,
    droppedCount: Object.values(dropped).reduce((sum, count) => sum + count, 0),
    told,
    queuedCount,
    queuedBytes,
    connectionCount,
    lookups,
    grownMb,
    rssMb: process.memoryUsage.rss() / 1024 / 1024,
    delayP50Ms: delay.percentile(50) / 1e6,
    delayP99Ms: delay.percentile(99) / 1e6,
  }),
)
