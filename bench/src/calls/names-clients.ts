// Runs inside of namespaces made by names-run.ts: calls an in-cluster name with several clients, prints what each asked and missed.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHttpClient } from '@keelson/http-client'
import { Agent, interceptors, request } from 'undici'
import type { NamesSample } from './names-run.ts'

const silentMs = Number(process.argv[2] ?? 0)
const callCount = 1_000
const concurrency = 100
/** Time in milliseconds after which a call counts as failed: keelson's own limit for a whole call. */
const patienceMs = 3_000
const host = 'catalog.prod.svc.cluster.local'

const names = fork(`${import.meta.dirname}/names-server.ts`)
await once(names, 'message')
const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo // it listens on TCP
const target = `http://${host}:${port}`

const client = createHttpClient({ service: 'bench', dependency: 'catalog', target })
const agent = new Agent().compose(interceptors.dns())
const clients: Readonly<Record<string, () => Promise<unknown>>> = {
  keelson: () => client.get('/'),
  'global fetch, keep-alive': async () => (await fetch(target)).text(),
  'undici, dns interceptor': async () => (await request(target, { dispatcher: agent })).body.text(),
  'node:http, a connection each': () =>
    new Promise((resolve, reject) => {
      get(target, { agent: false, timeout: 30_000 }, (response) => response.resume().on('end', resolve)).on(
        'error',
        reject,
      )
    }),
}

const samples: NamesSample[] = []
for (const [name, call] of Object.entries(clients)) {
  await countQueries()
  const errorCount = await makeCalls(call)
  samples.push({
    client: name,
    host,
    queryCount: await countQueries(),
    errorCount,
    silentCallCount: 0,
    silentErrorCount: 0,
  })
}
names.send('silence')
await once(names, 'message')
const silent = await Promise.all(Object.values(clients).map((call) => callSlowly(call)))
const text = JSON.stringify(samples.map((sample, index) => ({ ...sample, ...silent[index] })))
names.kill('SIGKILL')
// An ordinary end waits for the lookups of the system, each of which takes most of a minute without a name server.
process.stdout.write(text, () => process.kill(process.pid, 'SIGKILL'))

async function countQueries(): Promise<number> {
  names.send('count')
  const [answer] = (await once(names, 'message')) as [{ queryCount: number }] // what names-server.ts sends
  return answer.queryCount
}

async function makeCalls(call: () => Promise<unknown>): Promise<number> {
  let leftCount = callCount
  let errorCount = 0
  const caller = async () => {
    while (leftCount-- > 0) {
      await call().catch(() => {
        errorCount += 1
      })
    }
  }
  await Promise.all(Array.from({ length: concurrency }, caller))
  return errorCount
}

/** One call every five seconds: some clients close connections that are idle for so long, and all of them sometime. */
async function callSlowly(
  call: () => Promise<unknown>,
): Promise<Pick<NamesSample, 'silentCallCount' | 'silentErrorCount'>> {
  const endAt = performance.now() + silentMs
  const calls: Promise<boolean>[] = []
  while (performance.now() < endAt) {
    calls.push(
      Promise.race([
        call().then(
          () => true,
          () => false,
        ),
        sleep(patienceMs).then(() => false),
      ]),
    )
    await sleep(5_000)
  }
  const results = await Promise.all(calls)
  return { silentCallCount: results.length, silentErrorCount: results.filter((isGood) => !isGood).length }
}
