import { Agent, get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { requireServer } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { anyLoopbackAddress, type Address } from '../../bench/src/restarts/loopback-address.ts'
import { startService } from './service-process.ts'
import { startTcpBalancer, type Balance } from './tcp-balancer.ts'

const haproxy = requireServer('haproxy')

/** In place of 5 minutes. */
const maxAgeMs = 3_000
const callerCount = 20

interface Shot {
  readonly atMs: number
  readonly replica: number
}

/** Callers that are not ours: each keeps its connection for as long as it may, as pools do. */
function startCallers(address: Address): { readonly shots: readonly Shot[]; end(): Promise<void> } {
  const stop = new AbortController()
  const shots: Shot[] = []
  const call = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!stop.signal.aborted) {
      shots.push({ replica: await ask(address, agent), atMs: performance.now() })
      await wait(20 + Math.random() * 40)
    }
    agent.destroy()
  }
  const callers = Promise.all(Array.from({ length: callerCount }, call))
  callers.catch(() => undefined)
  return {
    shots,
    async end() {
      stop.abort()
      await callers
    },
  }
}

function ask(address: Address, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ ...address, agent }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      answer.once('error', reject)
      // The service named.ts answers with nothing else.
      answer.once('end', () => resolve(Number((JSON.parse(text) as { replica: string }).replica)))
    }).once('error', reject)
  })
}

interface Growth {
  readonly connectionMaxAge: string
  readonly before: number
  readonly after: number
}

/** @returns share of the requests that the added replicas got in the last quarter of 2 × the maximum age, by balance */
async function grow({ connectionMaxAge, before, after }: Growth): Promise<Record<Balance, number>> {
  await using started = new AsyncDisposableStack()
  const addresses = Array.from({ length: after }, () => anyLoopbackAddress())
  await Promise.all(
    addresses.map(async ({ host, port }, index) => {
      const env = {
        HOST: host,
        PORT: String(port),
        REPLICA: String(index),
        HTTP__CONNECTION_MAX_AGE: connectionMaxAge,
        OPS__THREAD: 'false',
      }
      started.use(await startService({ main: 'test/e2e/services/named.ts', cwd: '.', env }))
    }),
  )
  const balancer = started.use(await startTcpBalancer(addresses, before))
  const callers = {
    roundrobin: startCallers(balancer.addresses.roundrobin),
    leastconn: startCallers(balancer.addresses.leastconn),
  }
  // Connections of all ages, as in a service that has run for long.
  await wait(2 * maxAgeMs)
  await balancer.add(before, after)
  const addedAtMs = performance.now()
  await wait(2 * maxAgeMs)
  const endMs = performance.now()
  await Promise.all([callers.roundrobin.end(), callers.leastconn.end()])
  const shareOf = (shots: readonly Shot[]) => {
    const late = shots.filter(({ atMs }) => atMs > addedAtMs + 1.5 * maxAgeMs && atMs <= endMs)
    expect(late.length).toBeGreaterThan(callerCount)
    return late.filter(({ replica }) => replica >= before).length / late.length
  }
  return { roundrobin: shareOf(callers.roundrobin.shots), leastconn: shareOf(callers.leastconn.shots) }
}

describe.skipIf(!haproxy.available)('replicas that are added behind a balancer of connections', () => {
  it('get at least 80 % of their share within twice the maximum age of a connection', async () => {
    const shares = await grow({ connectionMaxAge: `${maxAgeMs}ms`, before: 2, after: 5 })
    expect(shares.roundrobin).toBeGreaterThan(0.8 * (3 / 5))
    expect(shares.leastconn).toBeGreaterThan(0.8 * (3 / 5))
    process.stderr.write(
      `share of 3 new replicas of 5: ${Object.entries(shares)
        .map(([name, share]) => `${name} ${(share * 100).toFixed(1)} %`)
        .join(', ')}\n`,
    )
  })

  it('get nothing where connections have no maximum age', async () => {
    expect(await grow({ connectionMaxAge: '0', before: 1, after: 2 })).toEqual({
      roundrobin: 0,
      leastconn: 0,
    })
  })
})
