import { tmpdir } from 'node:os'
import { createService, type RuntimeOptions, type ServiceDefinition, type Worker } from 'keelson'
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
    env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', OPS__THREAD: 'false', ...options.env },
    argv: options.argv ?? [],
    cwd: tmpdir(),
    signals: false,
    logDestination: { write: (line) => void written.push(line) },
  })
  closing.push(() => service.stop())
  return { service, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

const statusOf = async (port: number, path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status

describe('service.worker', () => {
  it('starts with a service that serves no requests, has probes, and an id per message on its lines', async () => {
    const { service, lines } = await run({ name: 'consumer', http: false })
    let worker: Worker | undefined
    service.worker('mails', { start: (given) => void (worker = given) })
    const { port, opsPort } = await service.start()
    expect(port).toBe(0)
    expect(await statusOf(opsPort, '/readiness')).toBe(200)
    await worker?.run(() => service.log.info('sending'), { requestId: 'message-1' })
    expect(lines().find((line) => line['short_message'] === 'sending')).toMatchObject({
      _request_id: 'message-1',
    })
  })

  it('takes no more work as soon as the stop begins, and ends what it has begun', async () => {
    const events: string[] = []
    const { service } = await run({ name: 'consumer', http: false })
    const release = Promise.withResolvers<void>()
    let working: Promise<unknown> | undefined
    service.worker('mails', {
      start(worker) {
        working = worker.run(async () => {
          await release.promise
          events.push('message')
        })
      },
      stop: async () => {
        events.push('stop')
      },
    })
    service.onClose('pool', () => void events.push('pool'))
    await service.start()
    const stopping = service.stop()
    await new Promise((resolve) => setImmediate(resolve))
    expect(events).toEqual(['stop'])
    release.resolve()
    await working
    expect(await stopping).toMatchObject({ exitCode: 0, cut: [] })
    expect(events).toEqual(['stop', 'message', 'pool'])
  })

  it('cuts a message at the deadline, even when the worker does not stop, and names it', async () => {
    const { service, lines } = await run(
      { name: 'consumer', http: false },
      { env: { SHUTDOWN_GRACE: '400ms' } },
    )
    let signal: AbortSignal | undefined
    service.worker('mails', {
      start(worker) {
        void worker.run(
          (work) => {
            signal = work.signal
            return new Promise(() => {})
          },
          { requestId: 'message-2' },
        )
      },
      stop: () => new Promise(() => {}),
    })
    await service.start()
    expect(await service.stop()).toMatchObject({ exitCode: 70 })
    expect(signal?.aborted).toBe(true)
    expect(lines().find((line) => String(line['short_message']).startsWith('Work was cut'))).toMatchObject({
      _request_id: 'message-2',
      _route: 'worker mails',
    })
  })

  it('is named by readiness’s checks when it falls silent, without making the service unready', async () => {
    const { service } = await run({ name: 'consumer', http: false })
    service.worker('mails', { start: () => {}, maxSilenceMs: -1 })
    const { opsPort } = await service.start()
    expect(service.health.checks()).toMatchObject([{ name: 'worker mails', critical: false, status: 'down' }])
    expect(await statusOf(opsPort, '/readiness')).toBe(200)
  })
})

describe('service.job', () => {
  it('runs when called, in a context of its own', async () => {
    const { service } = await run({ name: 'jobs', http: false })
    const importVideos = service.job('import', ({ requestId }) => requestId)
    await service.start()
    const ids = await Promise.all([importVideos(), importVideos()])
    expect(new Set(ids).size).toBe(2)
  })

  it('runs again and again by the clock, whatever a run throws, and not after the stop', async () => {
    const { service, lines } = await run({ name: 'jobs', http: false })
    let runs = 0
    const third = Promise.withResolvers<void>()
    service.job(
      'import',
      () => {
        runs++
        if (runs === 3) third.resolve()
        if (runs === 1) throw new Error('first fails')
      },
      { everyMs: 5 },
    )
    await service.start()
    await third.promise
    await service.stop()
    const runsAtStop = runs
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(runs).toBe(runsAtStop)
    expect(lines().find((line) => line['_error_message'] === 'first fails')).toMatchObject({ level: 3 })
  })
})

describe('service.task', () => {
  it('runs in place of the service, listens nowhere, and ends it', async () => {
    const { service, lines } = await run({ name: 'tasks' }, { argv: ['--task', 'migrate'] })
    let configured = ''
    service.task('migrate', () => {
      configured = service.config.current.log.level
      service.log.info('migrating')
    })
    expect(await service.start()).toEqual({ port: 0, opsPort: 0 })
    expect(configured).toBe('info')
    expect(service.app.server.listening).toBe(false)
    expect(lines().find((line) => line['short_message'] === 'migrating')).toHaveProperty('_request_id')
    expect(lines().at(-1)).toMatchObject({ _phase: 'stopped' })
  })

  it('lets what the task throws through', async () => {
    const { service } = await run({ name: 'tasks' }, { argv: ['--task=migrate'] })
    const error = new Error('no table')
    service.task('migrate', () => Promise.reject(error))
    await expect(service.start()).rejects.toBe(error)
  })

  it('refuses a task that nobody has defined, and lists those there are', async () => {
    const { service } = await run({ name: 'tasks' }, { argv: ['--task', 'migrat'] })
    service.task('migrate', () => {})
    await expect(service.start()).rejects.toThrow(
      expect.objectContaining({
        code: 'KEELSON_SERVICE_TASK_UNKNOWN',
        message: expect.stringContaining('migrate'),
      }),
    )
  })
})
