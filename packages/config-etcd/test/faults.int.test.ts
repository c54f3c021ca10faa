import { type Config, createConfig } from '@keelson/config'
import {
  type CuttingProxy,
  type EtcdFixture,
  requireServer,
  startCuttingProxy,
  startEtcd,
  startEtcdCluster,
} from '@keelson/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEtcdSource } from '../src/index.ts'

const program = requireServer('etcd')

const keyCount = 40
const names = Array.from({ length: keyCount }, (_, index) => `k${index}`)
const schema = {
  values: Object.fromEntries(
    names.map((name) => [name, { format: 'string', default: '', reload: 'hot' }] as const),
  ),
} as const

/** How long etcd stays away in the test of a long absence: 40 s on request, since the pause alone would be most of a run. */
const absenceMs = process.env['KEELSON_LONG_TESTS'] === undefined ? 6_000 : 40_000

// Issue 3 asks for 5 s, which is measured and reported apart; here the bound is for hangs on a busy machine.
const converged = { timeout: 20_000, interval: 10 }

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function valuesOf(config: Config<typeof schema>): Readonly<Record<string, string>> {
  return config.current.values
}

async function follow(endpoints: string | readonly string[], service: string, callTimeoutMs = 1_000) {
  const source = createEtcdSource({ endpoints, org: 'acme', env: 'test', service, callTimeoutMs })
  return createConfig({ service, schema, sources: [source] })
}

/** Writes every key; a transaction of etcd has at most 128 operations. */
async function writeAll(etcd: EtcdFixture, service: string, text: (name: string) => string): Promise<void> {
  const changes = names.map((name) => [`/acme/test/${service}/values/${name}`, text(name)] as const)
  for (let start = 0; start < changes.length; start += 20) {
    await etcd.transaction(Object.fromEntries(changes.slice(start, start + 20)))
  }
}

/** Waits until the configuration holds what was written, and tells how long it took. */
async function expectConverged(
  config: Config<typeof schema>,
  fault: string,
  text: (name: string) => string,
): Promise<void> {
  const since = performance.now()
  const expected = Object.fromEntries(names.map((name) => [name, text(name)]))
  await vi.waitFor(() => {
    const values = valuesOf(config)
    if (!names.every((name) => values[name] === expected[name])) throw new Error('not yet')
  }, converged)
  if (process.env['KEELSON_SHOW_TIMES'] !== undefined) {
    process.stderr.write(`${fault}: ${Math.round(performance.now() - since)} ms\n`)
  }
}

describe.skipIf(!program.available)('createEtcdSource after a fault of the link or of etcd', () => {
  let etcd: EtcdFixture
  let proxy: CuttingProxy
  const open: { close(): Promise<void> }[] = []

  beforeAll(async () => {
    etcd = await startEtcd(program.path)
    proxy = await startCuttingProxy(Number(new URL(etcd.endpoint).port))
  })

  // Where an earlier try has left it dead.
  beforeEach(() => etcd.start())

  afterEach(async () => {
    proxy.restore()
    await Promise.all(open.splice(0).map((config) => config.close()))
  })

  afterAll(async () => {
    await proxy?.close()
    await etcd?.close()
  })

  async function start(service: string, callTimeoutMs?: number): Promise<Config<typeof schema>> {
    await writeAll(etcd, service, () => 'first')
    const config = await follow(`http://127.0.0.1:${proxy.port}`, service, callTimeoutMs)
    open.push(config)
    expect(valuesOf(config)['k0']).toBe('first')
    return config
  }

  it('has everything when the link flaps while it catches up', async () => {
    const config = await start('flap')
    proxy.delay(30)
    proxy.cut()
    await writeAll(etcd, 'flap', () => 'while cut')
    await etcd.transaction({ '/acme/test/flap/values/k7': null })
    proxy.restore()
    proxy.delay(30)
    for (let flap = 0; flap < 6; flap++) {
      await pause(60)
      proxy.drop()
    }
    proxy.delay(0)
    await expectConverged(config, 'flap during replay', (name) => (name === 'k7' ? '' : 'while cut'))
  })

  it('has everything when the history was compacted while it was cut off', async () => {
    const config = await start('compacted')
    proxy.cut()
    await writeAll(etcd, 'compacted', () => 'one')
    await writeAll(etcd, 'compacted', () => 'two')
    await etcd.compact()
    proxy.restore()
    await expectConverged(config, 'compaction while cut off', () => 'two')
    await writeAll(etcd, 'compacted', () => 'three')
    await expectConverged(config, 'and alive afterwards', () => 'three')
  })

  it('has everything when it is more than 4 MB behind', async () => {
    const config = await start('behind')
    proxy.cut()
    const large = 'x'.repeat(50_000)
    for (const round of ['a', 'b', 'c']) await writeAll(etcd, 'behind', (name) => `${round}${name}${large}`)
    proxy.restore()
    await expectConverged(config, 'more than 4 MB behind', (name) => `c${name}${large}`)
  })

  it('has everything after a black hole, in which it keeps what it has', async () => {
    const config = await start('black-hole')
    proxy.blackHole()
    await writeAll(etcd, 'black-hole', () => 'unseen')
    await pause(2_500)
    expect(valuesOf(config)['k0']).toBe('first')
    proxy.restore()
    await expectConverged(config, 'black hole', () => 'unseen')
  })

  it('has everything after etcd was frozen', async () => {
    const config = await start('frozen')
    process.kill(etcd.pid ?? 0, 'SIGSTOP')
    await pause(3_000)
    process.kill(etcd.pid ?? 0, 'SIGCONT')
    await writeAll(etcd, 'frozen', () => 'thawed')
    await expectConverged(config, 'frozen etcd', () => 'thawed')
  })

  it('has everything after etcd was killed and stayed away', async () => {
    const config = await start('absent')
    await etcd.kill()
    await pause(absenceMs)
    await etcd.start()
    await writeAll(etcd, 'absent', () => 'back')
    await expectConverged(config, `kill -9 and ${absenceMs} ms of absence`, () => 'back')
  }, 90_000)

  it('closes at once, whatever state the link is in', async () => {
    for (const spoil of [() => proxy.blackHole(), () => proxy.cut(), () => proxy.delay(5_000)]) {
      const config = await start('closing', 30_000)
      spoil()
      await pause(300)
      const since = performance.now()
      await config.close()
      // Below any time-out of a call, a watch or a connection, the shortest of which is 5 s: it cannot have waited for one.
      expect(performance.now() - since).toBeLessThan(4_000)
      proxy.restore()
    }
  })
})

describe.skipIf(!program.available)('createEtcdSource with three members', () => {
  let members: readonly EtcdFixture[] = []
  const open: { close(): Promise<void> }[] = []

  beforeAll(async () => {
    members = await startEtcdCluster(program.path, 3)
  }, 60_000)

  // Where an earlier try has left one dead.
  beforeEach(() => Promise.all(members.map((member) => member.start())))

  afterEach(async () => {
    await Promise.all(open.splice(0).map((config) => config.close()))
  })

  afterAll(async () => {
    await Promise.all(members.map((member) => member.close()))
  })

  const endpoints = () => members.map((member) => member.endpoint)

  /** Index of the leader, as the members themselves say. */
  async function leader(): Promise<number> {
    const states = await Promise.all(
      members.map(async ({ endpoint }) => {
        const response = await fetch(`${endpoint}/v3/maintenance/status`, { method: 'POST', body: '{}' })
        // What etcd documents for this call.
        return (await response.json()) as { header: { member_id: string }; leader: string }
      }),
    )
    return states.findIndex((state) => state.header.member_id === state.leader)
  }

  it('goes on when the leader is killed, and follows the next one', async () => {
    const index = await leader()
    const [other] = members.filter((_, at) => at !== index)
    if (other === undefined) throw new Error('a cluster of three has others')
    await writeAll(other, 'leader', () => 'first')
    const config = await follow(endpoints(), 'leader')
    open.push(config)
    await members[index]?.kill()
    await vi.waitFor(() => writeAll(other, 'leader', () => 'after the leader'), { timeout: 30_000 })
    await expectConverged(config, 'leader of three killed', () => 'after the leader')
    await members[index]?.start()
  }, 60_000)

  it('starts from one member when the majority is gone, says so, and has everything when it is back', async () => {
    const [last, ...others] = members
    if (last === undefined) throw new Error('a cluster of three has a first')
    await writeAll(last, 'quorum', () => 'agreed')
    const running = await follow(endpoints(), 'quorum')
    open.push(running)
    await Promise.all(others.map((member) => member.kill()))
    const late = await follow(endpoints(), 'quorum')
    open.push(late)
    expect(valuesOf(late)['k0']).toBe('agreed')
    expect(late.warnings.join()).toContain('cannot reach a majority')
    await Promise.all(others.map((member) => member.start()))
    await vi.waitFor(() => writeAll(last, 'quorum', () => 'again'), { timeout: 30_000 })
    await expectConverged(running, 'quorum lost and back', () => 'again')
    await expectConverged(late, 'started without quorum', () => 'again')
    expect(late.warnings).toEqual([])
  }, 60_000)
})
