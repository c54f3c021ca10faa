import { createServer } from 'node:http'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkGelfLine } from '@keelson/testing'
import Fastify from 'fastify'
import { createService, defineService, type RuntimeOptions, type ServiceDefinition } from 'keelson'
import { afterEach, describe, expect, it } from 'vitest'

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function run<const Definition extends ServiceDefinition>(
  definition: Definition,
  options: RuntimeOptions = {},
) {
  const written: string[] = []
  const service = await createService(definition, {
    env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', ...options.env },
    argv: options.argv ?? [],
    cwd: options.cwd ?? tmpdir(),
    signals: false,
    logDestination: { write: (line) => void written.push(line) },
    ...(options.fastify === undefined ? {} : { fastify: options.fastify }),
  })
  closing.push(() => service.stop())
  return { service, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>), written }
}

const get = (port: number, path: string, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, { headers })

describe('createService', () => {
  it('serves routes on its port and probes, metrics and facts on another', async () => {
    const { service, lines } = await run({ name: 'whole', version: '1.2.3' })
    service.app.get('/hello', async () => ({ hello: 'world' }))
    const { port, opsPort } = await service.start()
    expect(opsPort).not.toBe(port)
    expect(await (await get(port, '/hello')).json()).toEqual({ hello: 'world' })
    for (const probe of ['/liveness', '/readiness', '/startup'])
      expect((await get(opsPort, probe)).status).toBe(200)
    // A thread that could not be started would have been said.
    expect(lines().filter((line) => Number(line['level']) < 6)).toEqual([])
    expect((await get(port, '/liveness')).status).toBe(404)
    expect(await (await get(opsPort, '/info')).json()).toMatchObject({ name: 'whole', version: '1.2.3' })
    const page = await (await get(opsPort, '/metrics')).text()
    expect(page).toMatch(/http_requests_total\{[^}]*route="\/hello"[^}]*status_code="200"[^}]*\} 1/)
    expect(page).toMatch(/keelson_build_info\{[^}]*version="1.2.3"/)
  })

  it('tells once where it listens, and loses no line of those who listen with it', async () => {
    const { service, lines } = await run({ name: 'told-once' }, { env: { HOST: '0.0.0.0' } })
    service.app.addHook('onListen', async function () {
      this.log.info('Server listening at will')
      this.log.warn({ from: 'plugin' }, 'it warns')
    })
    const { port, opsPort } = await service.start()
    const messages = lines().map((line) => line['short_message'])
    expect(messages).toEqual([
      'Server listening at will',
      'it warns',
      'service started',
      `ready on port ${port}, operations endpoints on port ${opsPort}`,
    ])
    expect(lines().at(-1)).toMatchObject({ _addresses: expect.stringContaining(`http://127.0.0.1:${port}`) })
    service.app.log.info('Server listening at last')
    expect(lines().at(-1)).toMatchObject({ short_message: 'Server listening at last' })
  })

  it('leaves the lines of an app that has a logger of its own to it', async () => {
    const own: string[] = []
    const app = Fastify({ logger: { stream: { write: (line: string) => void own.push(line) } } })
    const { service } = await run({ name: 'own-logger' }, { fastify: app })
    const { port } = await service.start()
    expect(own.map((line) => (JSON.parse(line) as { msg: string }).msg)).toContain(
      `Server listening at http://127.0.0.1:${port}`,
    )
  })

  it('answers probes on the main thread where no thread is wanted', async () => {
    const { service } = await run({ name: 'threadless' }, { env: { OPS__THREAD: 'false' } })
    const { opsPort } = await service.start()
    expect((await get(opsPort, '/readiness')).status).toBe(200)
    expect((await get(opsPort, '/metrics')).status).toBe(200)
  })

  it('serves both on one port when they are the same, without lines for probes', async () => {
    const free = createServer()
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', () => resolve()))
    const address = free.address()
    const port = typeof address === 'object' && address !== null ? String(address.port) : ''
    await new Promise((resolve) => free.close(resolve))
    const { service, lines } = await run({ name: 'shared' }, { env: { PORT: port, OPS_PORT: port } })
    const addresses = await service.start()
    expect(addresses.opsPort).toBe(addresses.port)
    const response = await get(addresses.port, '/readiness', { 'x-request-id': 'probe-1' })
    expect([response.status, response.headers.get('x-request-id')]).toEqual([200, 'probe-1'])
    expect((await get(addresses.port, '/metrics')).status).toBe(200)
    await service.stop()
    expect(lines().filter((line) => line['_route'] !== undefined)).toEqual([])
  })

  it('runs two services in one process, each with its own configuration, lines and series', async () => {
    const first = await run({
      name: 'first',
      config: { greeting: { doc: 'x', format: 'string', default: 'Hello' } },
    })
    const second = await run({ name: 'second' })
    first.service.app.get('/a', async () => first.service.config.current.greeting)
    second.service.app.get('/b', async () => 'second')
    const [a, b] = await Promise.all([first.service.start(), second.service.start()])
    expect(await (await get(a.port, '/a')).text()).toBe('Hello')
    expect(await (await get(b.port, '/b')).text()).toBe('second')
    const page = await (await get(a.opsPort, '/metrics')).text()
    expect(page).toContain('route="/a"')
    expect(page).not.toContain('route="/b"')
    await first.service.stop()
    expect((await get(b.opsPort, '/readiness')).status).toBe(200)
    expect(first.lines().every((line) => line['_service'] === 'first')).toBe(true)
    expect(second.lines().every((line) => line['_service'] === 'second')).toBe(true)
  })

  it('reads files, environment and arguments of where it runs, and shows their origins without secrets', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'keelson-'))
    closing.push(() => rm(cwd, { recursive: true }))
    await mkdir(join(cwd, 'config'))
    await writeFile(join(cwd, 'config', 'default.json'), '{\n  "greeting": "from the file"\n}\n')
    await writeFile(join(cwd, 'package.json'), '{ "version": "9.8.7" }')
    const { service } = await run(
      {
        name: 'configured',
        config: {
          greeting: { doc: 'x', format: 'string', default: 'Hello' },
          key: { doc: 'x', format: 'string', sensitive: true },
        },
      },
      { cwd, env: { KEY: 'canary-4711-secret' }, argv: ['--set', 'log.level=debug'] },
    )
    expect(service.version).toBe('9.8.7')
    expect(service.config.current).toMatchObject({ greeting: 'from the file', log: { level: 'debug' } })
    expect(service.config.current.key.reveal()).toBe('canary-4711-secret')
    const { opsPort } = await service.start()
    const shown = await (await get(opsPort, '/config')).text()
    expect(JSON.parse(shown)).toMatchObject({
      greeting: { value: 'from the file', origin: expect.stringContaining('default.json:2') },
    })
    expect(shown).not.toContain('canary')
  })

  it('masks a secret of the configuration that stands in the text of an error', async () => {
    const { service, written } = await run(
      { name: 'masked', config: { url: { doc: 'x', format: 'string', sensitive: true } } },
      { env: { URL: 'canary-4711-secret' } },
    )
    service.app.get('/', async () => {
      throw new Error(`cannot reach ${service.config.current.url.reveal()}`)
    })
    const { port } = await service.start()
    expect((await get(port, '/')).status).toBe(500)
    await service.stop()
    expect(written.join('')).toContain('cannot reach')
    expect(written.join('')).not.toContain('canary')
  })

  it('hides the configuration in production unless told', async () => {
    const hidden = await run({ name: 'hidden' }, { env: { NODE_ENV: 'production' } })
    expect((await get((await hidden.service.start()).opsPort, '/config')).status).toBe(404)
    const shown = await run({ name: 'shown' }, { env: { NODE_ENV: 'production', OPS__CONFIG: 'true' } })
    expect((await get((await shown.service.start()).opsPort, '/config')).status).toBe(200)
  })

  it('takes a Fastify instance of the user’s own, and reaches the service from any plugin', async () => {
    const app = Fastify({ routerOptions: { caseSensitive: false } })
    const { service } = await run({ name: 'own' }, { fastify: app })
    await service.app.register(async (plugin) => {
      plugin.get('/Name', async () => plugin.keelson.name)
    })
    const { port } = await service.start()
    const response = await get(port, '/nAME', { 'x-request-id': 'own-1' })
    expect([await response.text(), response.headers.get('x-request-id')]).toEqual(['own', 'own-1'])
  })

  it('closes in order: requests, app, then what the service registered last', async () => {
    const events: string[] = []
    const { service, lines } = await run({ name: 'ordered' })
    service.onClose('pool', () => void events.push('pool'))
    service.onClose('consumer', () => void events.push('consumer'))
    service.app.addHook('onClose', async () => void events.push('app'))
    const arrived = Promise.withResolvers<void>()
    service.app.get('/slow', async () => {
      arrived.resolve()
      await new Promise((resolve) => setTimeout(resolve, 200))
      events.push('request')
      return 'done'
    })
    const { port, opsPort } = await service.start()
    const asking = get(port, '/slow')
    asking.catch(() => undefined)
    await arrived.promise
    const stopping = service.stop()
    expect((await get(opsPort, '/readiness')).status).toBe(503)
    expect((await get(opsPort, '/liveness')).status).toBe(200)
    expect(await (await asking).text()).toBe('done')
    expect(await stopping).toMatchObject({ exitCode: 0, cut: [] })
    expect(events).toEqual(['request', 'app', 'consumer', 'pool'])
    expect(lines().at(-1)).toMatchObject({ _phase: 'stopped' })
  })

  it('lets the owner of a stream end it, and waits for that', async () => {
    const { service } = await run({ name: 'streams' })
    const streams = new Set<{ end(text: string): void }>()
    service.app.get('/events', (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
      reply.raw.write('data: first\n\n')
      streams.add(reply.raw)
    })
    service.onClosing(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      for (const stream of streams) stream.end('data: last\n\n')
    })
    const { port } = await service.start()
    const answer = await get(port, '/events')
    const reading = answer.text()
    reading.catch(() => undefined)
    expect(await service.stop()).toMatchObject({ exitCode: 0, cut: [] })
    expect(await reading).toBe('data: first\n\ndata: last\n\n')
  })

  it('cuts a request at the deadline, names it in the log and reports 70', async () => {
    const { service, lines } = await run({ name: 'cut' }, { env: { SHUTDOWN_GRACE: '500ms' } })
    const arrived = Promise.withResolvers<void>()
    service.app.get('/stuck', () => {
      arrived.resolve()
      return new Promise(() => {})
    })
    const { port } = await service.start()
    const asking = get(port, '/stuck?token=x', { 'x-request-id': 'stuck-1' }).catch((error: unknown) => error)
    await arrived.promise
    expect(await service.stop()).toMatchObject({ exitCode: 70 })
    expect(await asking).toBeInstanceOf(Error)
    expect(
      lines().find((line) => String(line['short_message']).startsWith('A request was cut')),
    ).toMatchObject({
      _request_id: 'stuck-1',
      _url: '/stuck',
    })
  })

  it('writes nothing but valid GELF, from the first line to the last', async () => {
    const { service, written } = await run({ name: 'gelf' })
    service.app.get('/', async () => 'x')
    const { port } = await service.start()
    await get(port, '/')
    await service.stop()
    expect(written.length).toBeGreaterThan(4)
    for (const line of written) expect(checkGelfLine(line.trimEnd())).toEqual([])
  })

  it('refuses to start twice', async () => {
    const { service } = await run({ name: 'twice' })
    await service.start()
    await expect(service.start()).rejects.toThrow(
      expect.objectContaining({ code: 'KEELSON_SERVICE_STATE_INVALID' }),
    )
  })

  it('neither listens nor says that it is ready when it is stopped while its plugins load', async () => {
    const { service, lines } = await run({ name: 'hasty' })
    const gate = Promise.withResolvers<void>()
    service.app.register(async () => gate.promise)
    const starting = service.start()
    starting.catch(() => undefined)
    // Plugins hold the start, not the stop.
    expect(await service.stop()).toMatchObject({ exitCode: 0, failures: [] })
    gate.resolve()
    await expect(starting).rejects.toThrow(expect.objectContaining({ code: 'KEELSON_SERVICE_STATE_INVALID' }))
    expect(service.app.server.listening).toBe(false)
    expect(lines().filter((line) => line['_ops_port'] !== undefined)).toEqual([])
  })

  it('rejects with every fault of the configuration, and leaves nothing behind', async () => {
    const definition = defineService({ name: 'faulty', config: { size: { doc: 'x', format: 'int' } } })
    const failing = run(definition, { env: { PORT: 'abc' } })
    await expect(failing).rejects.toThrow(
      expect.objectContaining({
        code: 'KEELSON_CONFIG_INVALID',
        message: expect.stringMatching(/http\.port[^]*size/),
      }),
    )
  })

  it('refuses a configuration that breaks a rule across keys, with its key', async () => {
    const bounds = { least: { format: 'int', default: 1 }, most: { format: 'int', default: 2 } } as const
    const failing = run(
      {
        name: 'refined',
        config: { bounds },
        refine: ({ bounds: { least, most } }: { bounds: { least: number; most: number } }) =>
          least > most ? [{ key: 'bounds.least', problem: 'is above bounds.most' }] : [],
      },
      { env: { BOUNDS__LEAST: '3' } },
    )
    await expect(failing).rejects.toThrow(
      expect.objectContaining({
        code: 'KEELSON_CONFIG_INVALID',
        message: expect.stringContaining('is above bounds.most'),
      }),
    )
  })

  it('tunes a dependency by configuration, and names its keys when the policy refuses them', async () => {
    const definition = { name: 'tuned', dependencies: { nobody: { target: 'http://127.0.0.1:9' } } } as const
    const { service } = await run(definition, { env: { DEPENDENCIES__NOBODY__RETRY__MAX_RETRIES: '0' } })
    await expect(service.dependencies.nobody.get('/')).rejects.toThrow(
      expect.objectContaining({ code: 'KEELSON_CLIENT_CONNECT_FAILED' }),
    )
    await expect(
      run(definition, { env: { DEPENDENCIES__NOBODY__BREAKER__FAILURE_RATIO: '2' } }),
    ).rejects.toThrow(
      expect.objectContaining({
        code: 'KEELSON_CONFIG_INVALID',
        message: expect.stringContaining('dependencies.nobody.breaker.failureRatio'),
      }),
    )
  })

  it('ends with its scope', async () => {
    let port = 0
    {
      const { service } = await run({ name: 'scoped' })
      await using scoped = service
      port = (await scoped.start()).port
    }
    await expect(get(port, '/')).rejects.toThrow()
  })
})
