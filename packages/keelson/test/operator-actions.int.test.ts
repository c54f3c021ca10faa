import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createService } from 'keelson'
import { afterEach, describe, expect, it } from 'vitest'

const closing: (() => Promise<unknown>)[] = []
const token = 'canary-operator-token'

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function run(env: Record<string, string> = {}) {
  const written: string[] = []
  const service = await createService(
    { name: 'operated', dependencies: { nobody: { target: 'http://127.0.0.1:9' } } },
    {
      env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', OPS__TOKEN: token, ...env },
      argv: [],
      cwd: tmpdir(),
      signals: false,
      logDestination: { write: (line) => void written.push(line) },
    },
  )
  closing.push(() => service.stop())
  const { port, opsPort } = await service.start()
  const act = (name: string, body: unknown = {}, authorization = `Bearer ${token}`) =>
    fetch(`http://127.0.0.1:${opsPort}/actions/${name}`, {
      method: 'POST',
      headers: { authorization },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>)
  return { service, port, opsPort, act, lines, written }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('operator actions', () => {
  it('change the level of the log for a time, and are audited', async () => {
    const { service, act, lines, written } = await run()
    service.log.debug('before')
    expect(await (await act('log-level', { level: 'debug', seconds: 1 })).json()).toEqual({
      level: 'debug',
      seconds: 1,
    })
    service.log.debug('during')
    await until(() => !service.log.isLevelEnabled('debug'))
    expect(lines().map((line) => line['short_message'])).not.toContain('before')
    expect(lines().map((line) => line['short_message'])).toContain('during')
    expect(lines().find((line) => line['_action'] === 'log-level')).toMatchObject({
      level: 4,
      _outcome: 'done',
      _remote_ip: '127.0.0.1',
    })
    expect(written.join('')).not.toContain('canary')
  })

  it('drain and undrain, and a drain ends by itself', async () => {
    const { act, opsPort } = await run()
    const ready = async () => (await fetch(`http://127.0.0.1:${opsPort}/readiness`)).status === 200
    await act('drain', { seconds: 60 })
    expect(await ready()).toBe(false)
    await act('undrain')
    expect(await ready()).toBe(true)
    await act('drain', { seconds: 1 })
    expect(await ready()).toBe(false)
    await until(ready)
  })

  it('never take a real stop back', async () => {
    const { service, act, opsPort } = await run({ SHUTDOWN_DRAIN_DELAY: '1s' })
    const stopping = service.stop()
    await act('undrain')
    expect((await fetch(`http://127.0.0.1:${opsPort}/readiness`)).status).toBe(503)
    await stopping
  })

  it('isolate a dependency, and release it', async () => {
    const { service, act } = await run()
    expect((await act('breaker', { dependency: 'nobody', state: 'isolated', seconds: 60 })).status).toBe(200)
    await expect(service.dependencies.nobody.get('/')).rejects.toThrow(
      expect.objectContaining({ code: 'KEELSON_RESILIENCE_CIRCUIT_OPEN' }),
    )
    await act('breaker', { dependency: 'nobody', state: 'released' })
    await expect(service.dependencies.nobody.get('/')).rejects.toThrow(
      expect.objectContaining({ code: 'KEELSON_CLIENT_CONNECT_FAILED' }),
    )
  })

  it.each([
    ['isolated', 'open', 'forced open for 1 s'],
    ['held-closed', 'closed', 'forced closed for 1 s'],
  ])('leave a breaker %s for a time, with a line at both ends', async (state, forced, message) => {
    const { service, act, lines, opsPort } = await run()
    const get = async (path: string) => (await fetch(`http://127.0.0.1:${opsPort}${path}`)).text()
    const series = `keelson_breaker_forced{dependency="nobody",to="${forced}"}`
    expect(await get('/metrics')).toContain(`${series} 0`)
    const answer = await act('breaker', { dependency: 'nobody', state, seconds: 1 })
    expect(await answer.json()).toEqual({ dependency: 'nobody', state, seconds: 1 })
    const { nobody } = service.dependencies
    expect(nobody.state().forced).toBe(forced)
    for (let call = 0; call < 25; call++) await nobody.get('/').catch(() => undefined)
    expect(nobody.state().breaker, 'whatever fails').toBe(forced === 'open' ? 'isolated' : 'closed')
    expect(JSON.parse(await get('/info'))).toMatchObject({ forcedBreakers: { nobody: forced } })
    expect(await get('/metrics')).toContain(`${series} 1`)
    await until(() => nobody.state().forced === undefined)
    expect(JSON.parse(await get('/info'))).toMatchObject({ forcedBreakers: {} })
    expect(await get('/metrics')).toContain(`${series} 0`)
    const told = lines().filter((line) => line['_breaker_forced'] !== undefined)
    expect(told).toMatchObject([
      { level: 4, _breaker_forced: forced, _for_ms: 1_000, short_message: expect.stringContaining(message) },
      { level: 4, _breaker_forced: 'none', short_message: expect.stringContaining('the time is up') },
    ])
  })

  it('leave a line of what was refused with every field of an error, and no frames', async () => {
    const { service, act, lines } = await run()
    await act('breaker', { dependency: 'nobody', state: 'isolated', seconds: 60 })
    const error: unknown = await service.dependencies.nobody.get('/').catch((thrown: unknown) => thrown)
    service.log.error({ err: error }, 'GET /nobody failed')
    expect(lines().at(-1)).toMatchObject({
      level: 3,
      _error_type: 'KeelsonError',
      _error_code: 'KEELSON_RESILIENCE_CIRCUIT_OPEN',
      _error_message: expect.stringContaining('nobody is isolated'),
      _error_fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/),
      full_message: expect.not.stringContaining('    at '),
    })
  })

  it('force the breaker of a resource as well', async () => {
    const { service, act } = await run()
    const queue = await service.resource('queue', { connect: () => 'client', close: () => undefined })
    expect((await act('breaker', { dependency: 'queue', state: 'isolated', seconds: 60 })).status).toBe(200)
    await expect(queue.run(async (client) => client)).rejects.toMatchObject({
      code: 'KEELSON_RESILIENCE_CIRCUIT_OPEN',
    })
    await act('breaker', { dependency: 'queue', state: 'held-closed', seconds: 60 })
    expect(queue.state().forced).toBe('closed')
    await act('breaker', { dependency: 'queue', state: 'released' })
    expect(await queue.run(async (client) => client)).toBe('client')
  })

  it('do not pretend to force a breaker that is switched off', async () => {
    const { act } = await run({ DEPENDENCIES__NOBODY__BREAKER__ENABLED: 'false' })
    const answer = await act('breaker', { dependency: 'nobody', state: 'isolated' })
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('no circuit breaker')])
  })

  it('write a heap snapshot and a profile into state.dir, a snapshot not again at once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keelson-state-'))
    closing.push(() => rm(folder, { recursive: true }))
    const { act } = await run({ KEELSON_STATE_DIR: folder })
    expect((await act('cpu-profile', { seconds: 1 })).status).toBe(200)
    await until(() => existsSync(join(folder, 'operated.cpuprofile')))
    // It may take longer than the endpoints wait; the file comes all the same.
    await act('heap-snapshot')
    await until(() => existsSync(join(folder, 'operated.heapsnapshot')))
    const again = await act('heap-snapshot')
    expect([again.status, await again.text()]).toEqual([400, expect.stringContaining('Wait 300 s')])
  })

  it.each([
    ['log-level', { level: 'loud' }],
    ['log-level', { level: 'debug', seconds: 0 }],
    ['log-level', { level: 'debug', seconds: 4_000 }],
    ['breaker', { dependency: 'somebody', state: 'isolated' }],
    ['breaker', { dependency: 'nobody', state: 'ajar' }],
    ['drain', 'not json'],
    ['drain', '[]'],
    ['cpu-profile', { seconds: 31 }],
    ['heap-snapshot', {}], // no state.dir
  ])('refuse %s with %j', async (name, body) => {
    const { act } = await run()
    expect((await act(name, body)).status).toBe(400)
  })

  it('give nothing away without the token, and are not there without one set', async () => {
    const { act, opsPort, lines } = await run()
    for (const name of ['drain', 'unknown']) expect((await act(name, {}, 'Bearer wrong')).status).toBe(401)
    expect((await fetch(`http://127.0.0.1:${opsPort}/actions/drain`)).status).toBe(401)
    expect((await act('unknown')).status).toBe(404)
    expect((await act('drain', 'x'.repeat(5_000))).status).toBe(413)
    expect((await fetch(`http://127.0.0.1:${opsPort}/readiness`)).status).toBe(200)
    expect(lines().filter((line) => line['_outcome'] === 'unauthorized').length).toBe(3)

    const without = await createService(
      { name: 'untokened' },
      {
        env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0' },
        argv: [],
        cwd: tmpdir(),
        signals: false,
        logDestination: { write() {} },
      },
    )
    closing.push(() => without.stop())
    const addresses = await without.start()
    const answer = await fetch(`http://127.0.0.1:${addresses.opsPort}/actions/drain`, { method: 'POST' })
    expect(answer.status).toBe(404)
  })

  it('work on a shared port too', async () => {
    const free = createServer()
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', () => resolve()))
    const address = free.address()
    const port = String(typeof address === 'object' && address !== null ? address.port : 0)
    await new Promise((resolve) => free.close(resolve))
    const { act } = await run({ PORT: port, OPS_PORT: port })
    expect(await (await act('log-level', { level: 'warn', seconds: 5 })).json()).toEqual({
      level: 'warn',
      seconds: 5,
    })
    expect((await act('drain', {}, 'Bearer wrong')).status).toBe(401)
  })
})
