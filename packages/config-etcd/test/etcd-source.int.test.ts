import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Config, createConfig } from '@keelson/config'
import { type EtcdFixture, requireServer, startCuttingProxy, startEtcd } from '@keelson/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEtcdSource } from '../src/index.ts'

const program = requireServer('etcd')

const schema = {
  greeting: { format: 'string', default: 'Hello', reload: 'hot' },
  limits: {
    rate: { format: 'integer', default: 1, reload: 'hot' },
    burst: { format: 'integer', default: 1, reload: 'hot' },
    window: { format: 'duration', default: '1s', reload: 'hot' },
  },
  workers: { format: 'integer', default: 2 },
  http: { port: { format: 'port', default: 8080 } },
  password: { format: 'string', default: 'unset', sensitive: true },
} as const

describe.skipIf(!program.available)('createEtcdSource', () => {
  let etcd: EtcdFixture
  const open: Config<typeof schema>[] = []

  beforeAll(async () => {
    etcd = await startEtcd(program.path)
  })

  afterEach(async () => {
    await Promise.all(open.splice(0).map((config) => config.close()))
  })

  afterAll(async () => {
    await etcd?.close()
  })

  // An organisation of its own for each try of a test, so that none sees the keys of another.
  let org = ''
  beforeEach(async () => {
    org = `acme-${randomUUID()}`
    // Where an earlier try has left it dead.
    await etcd.start()
  })

  async function configOf(service: string): Promise<Config<typeof schema>> {
    const source = createEtcdSource({ endpoints: etcd.endpoint, org, env: 'test', service })
    const config = await createConfig({ service, schema, sources: [source] })
    open.push(config)
    return config
  }

  it('loads the shared prefix below the one of the service, with revisions as origins', async () => {
    await etcd.transaction({
      [`/${org}/test/_shared/greeting`]: 'shared',
      [`/${org}/test/_shared/limits/rate`]: '5',
      [`/${org}/test/load/greeting`]: 'own',
    })
    const config = await configOf('load')
    expect(config.current.greeting).toBe('own')
    expect(config.current.limits.rate).toBe(5)
    expect(config.explain('greeting').layers.map((layer) => layer.origin)).toEqual([
      'schema',
      expect.stringMatching(new RegExp(`^etcd /${org}/test/_shared/greeting@rev \\d+$`)),
      expect.stringMatching(new RegExp(`^etcd /${org}/test/load/greeting@rev \\d+$`)),
    ])
  })

  it('ignores ports and secrets with a warning, and warns of keys that the schema does not have', async () => {
    await etcd.transaction({
      [`/${org}/test/refused/http/port`]: '1',
      [`/${org}/test/refused/password`]: 'hunter2-canary',
      [`/${org}/test/refused/greting`]: 'x',
      [`/${org}/test/refused/not.a/key`]: 'x',
    })
    const config = await configOf('refused')
    expect(config.current.http.port).toBe(8080)
    expect(config.current.password.reveal()).toBe('unset')
    expect(config.warnings.filter((warning) => warning.includes('cannot be set from a remote'))).toHaveLength(
      2,
    )
    expect(config.warnings.join('\n')).toContain('Did you mean greeting?')
    expect(config.warnings.join('\n')).toContain(`/${org}/test/refused/not.a/key is ignored`)
    expect(config.warnings.join('\n')).not.toContain('hunter2')
  })

  it('sees changes and deletions', async () => {
    const config = await configOf('change')
    await etcd.transaction({ [`/${org}/test/change/greeting`]: 'Ahoj' })
    await vi.waitFor(() => expect(config.current.greeting).toBe('Ahoj'), { timeout: 20_000 })
    await etcd.transaction({ [`/${org}/test/change/greeting`]: null })
    await vi.waitFor(() => expect(config.current.greeting).toBe('Hello'), { timeout: 20_000 })
  })

  it('tells a transaction of three keys as one change, every time', async () => {
    const config = await configOf('transaction')
    const seen: unknown[] = []
    config.subscribe('limits', (next) => seen.push(next))
    for (let round = 1; round <= 5; round++) {
      await etcd.transaction({
        [`/${org}/test/transaction/limits/rate`]: `${round}0`,
        [`/${org}/test/transaction/limits/burst`]: `${round}1`,
        [`/${org}/test/_shared/limits/window`]: `${round}s`,
      })
      await vi.waitFor(() => expect(config.current.limits.rate).toBe(round * 10), { timeout: 20_000 })
      expect(seen).toHaveLength(round)
      expect(seen.at(-1)).toEqual({ rate: round * 10, burst: round * 10 + 1, window: round * 1000 })
    }
  })

  it('refuses an invalid transaction as a whole, and heals when it is corrected', async () => {
    const config = await configOf('invalid')
    await etcd.transaction({
      [`/${org}/test/invalid/limits/rate`]: '7',
      [`/${org}/test/invalid/limits/burst`]: 'many',
    })
    await vi.waitFor(() => expect(config.warnings.join('\n')).toContain('A change is refused'), {
      timeout: 20_000,
    })
    expect(config.current.limits.rate).toBe(1)
    expect(config.revision).toBe(1)
    await etcd.transaction({ [`/${org}/test/invalid/limits/burst`]: '8' })
    await vi.waitFor(() => expect(config.current.limits).toEqual({ rate: 7, burst: 8, window: 1000 }), {
      timeout: 20_000,
    })
    expect(config.revision).toBe(2)
    expect(config.warnings.join('\n')).not.toContain('A change is refused')
  })

  it('converges after etcd was killed and is back, with what was written meanwhile to be seen', async () => {
    const config = await configOf('killed')
    await etcd.transaction({ [`/${org}/test/killed/greeting`]: 'before' })
    await vi.waitFor(() => expect(config.current.greeting).toBe('before'), { timeout: 20_000 })
    await etcd.kill()
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(config.current.greeting).toBe('before')
    await etcd.start()
    await etcd.transaction({ [`/${org}/test/killed/greeting`]: 'after' })
    await vi.waitFor(() => expect(config.current.greeting).toBe('after'), { timeout: 20_000 })
  })

  it('goes on after the history was compacted', async () => {
    const config = await configOf('compacted')
    await etcd.transaction({
      [`/${org}/test/compacted/greeting`]: 'a',
      [`/${org}/test/compacted/limits/rate`]: '2',
    })
    await etcd.transaction({ [`/${org}/test/compacted/greeting`]: 'b' })
    await etcd.compact()
    await etcd.kill()
    await etcd.start()
    await etcd.transaction({ [`/${org}/test/compacted/greeting`]: 'c' })
    await vi.waitFor(() => expect(config.current.greeting).toBe('c'), { timeout: 20_000 })
    expect(config.current.limits.rate).toBe(2)
  })

  it('fails a required load with the cause when nothing listens, within the budget', async () => {
    const service = 'refused-connection'
    const source = createEtcdSource({ endpoints: 'http://127.0.0.1:1', org: 'acme', env: 'test', service })
    const error = await createConfig({ service, schema, sources: [source], sourceTimeoutMs: 2_000 }).catch(
      (failure: unknown) => failure,
    )
    expect(error).toMatchObject({
      code: 'KEELSON_CONFIG_SOURCE_UNAVAILABLE',
      cause: { code: 'KEELSON_ETCD_UNAVAILABLE', details: { reason: 'refused' } },
    })
  })

  it('fails a required load with the cause when etcd is frozen', async () => {
    const frozen = await startEtcd(program.path)
    try {
      process.kill(frozen.pid ?? 0, 'SIGSTOP')
      const options = {
        endpoints: frozen.endpoint,
        org: 'acme',
        env: 'test',
        service: 'frozen',
        callTimeoutMs: 300,
      }
      const error = await createConfig({
        service: 'frozen',
        schema,
        sources: [createEtcdSource(options)],
        sourceTimeoutMs: 1_000,
      }).catch((failure: unknown) => failure)
      expect(error).toMatchObject({
        code: 'KEELSON_CONFIG_SOURCE_UNAVAILABLE',
        cause: { code: 'KEELSON_ETCD_UNAVAILABLE', details: { reason: 'timeout' } },
      })
    } finally {
      process.kill(frozen.pid ?? 0, 'SIGCONT')
      await frozen.close()
    }
  })

  it('starts without an optional etcd, and takes its values once it is there', async () => {
    const late = await startEtcd(program.path)
    await late.transaction({ '/acme/test/optional/greeting': 'late' })
    await late.kill()
    const options = { endpoints: late.endpoint, org: 'acme', env: 'test', service: 'optional' }
    const source = createEtcdSource({ ...options, required: false })
    const config = await createConfig({
      service: 'optional',
      schema,
      sources: [source],
      sourceTimeoutMs: 300,
    })
    open.push(config)
    expect(config.current.greeting).toBe('Hello')
    expect(config.warnings.join('\n')).toContain('etcd is unavailable')
    await late.start()
    await vi.waitFor(() => expect(config.current.greeting).toBe('late'), { timeout: 20_000 })
    await late.close()
  })

  it('lets the process end by itself after close, with etcd frozen and behind a black hole', async () => {
    const own = await startEtcd(program.path)
    const proxy = await startCuttingProxy(Number(new URL(own.endpoint).port))
    try {
      const through = `http://127.0.0.1:${proxy.port}`
      const swallowed = await runToEnd(through, 1_000, () => proxy.blackHole())
      expect(swallowed).toEqual({ code: 0, output: 'loaded Hello\nclosed\n' })
      const frozen = await runToEnd(own.endpoint, 1_000, () => process.kill(own.pid ?? 0, 'SIGSTOP'))
      expect(frozen).toEqual({ code: 0, output: 'loaded Hello\nclosed\n' })
    } finally {
      process.kill(own.pid ?? 0, 'SIGCONT')
      await proxy.close()
      await own.close()
    }
  })

  it('lets the process end by itself after close, with etcd well and with etcd gone', async () => {
    const own = await startEtcd(program.path)
    try {
      expect(await runToEnd(own.endpoint, 200)).toEqual({ code: 0, output: 'loaded Hello\nclosed\n' })
      const ended = runToEnd(own.endpoint, 1_500, () => own.kill())
      expect(await ended).toEqual({ code: 0, output: 'loaded Hello\nclosed\n' })
    } finally {
      await own.close()
    }
  })
})

/** Runs the program; kills it, with a code of null, when it has not ended 10 s after it said that it closed. */
async function runToEnd(endpoint: string, waitMs: number, onLoaded: () => unknown = () => undefined) {
  const path = fileURLToPath(new URL('programs/close-and-end.ts', import.meta.url))
  const args = ['--conditions', 'keelson-source', path, endpoint, String(waitMs)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  let timer: NodeJS.Timeout | undefined
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    if (output.startsWith('loaded') && !output.includes('closed')) void onLoaded()
    if (output.endsWith('closed\n')) timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  })
  const [code] = await once(child, 'exit')
  clearTimeout(timer)
  return { code: code as number | null, output } // the first argument of 'exit' is the code, null after a signal
}
