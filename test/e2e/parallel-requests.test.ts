import { EventEmitter, once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { checkGelfLine, createTestLogger, type TestLogger } from '@keelson/testing'
import { createService, logger } from 'keelson'
import { expect, it } from 'vitest'

const requestCount = 1000

// As in a file that knows of no service: it writes for both of them.
const log = logger()

function deepInside(item: string): void {
  log.info({ item }, 'from the top of a module')
  logger('sql').info({ item }, 'from anywhere')
}

function hermetic(lines: TestLogger, env: Readonly<Record<string, string>> = {}) {
  return {
    // All requests come at once, from the same process: a bound would refuse some of them.
    env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', ADMISSION__BACKLOG: '0', ...env },
    argv: [],
    cwd: import.meta.dirname,
    signals: false,
    logDestination: lines,
  }
}

it('1,000 parallel requests through two services have their own id on each of their lines', async () => {
  const [frontLines, backLines] = [createTestLogger(), createTestLogger()]
  await using back = await createService({ name: 'back' }, hermetic(backLines))
  back.app.get<{ Params: { id: string } }>('/items/:id', async (request) => {
    await wait(Number(request.params.id) % 7)
    back.log.info({ item: request.params.id }, 'found')
    deepInside(request.params.id)
    return { id: request.params.id }
  })
  const { port: backPort } = await back.start()

  await using front = await createService(
    {
      name: 'front',
      dependencies: {
        back: {
          target: `http://127.0.0.1:${backPort}`,
          timeoutMs: 60_000,
          attemptTimeoutMs: 60_000,
          bulkhead: { maxConcurrent: requestCount },
          breaker: false,
          hedge: false,
        },
      },
    },
    hermetic(frontLines),
  )
  front.app.get<{ Params: { id: string } }>('/:id', async (request) => {
    const { id } = request.params
    front.log.info({ item: id }, 'at once')
    await Promise.resolve()
    front.log.info({ item: id }, 'after an await')
    deepInside(id)
    setTimeout(() => logger().info({ item: id }, 'in a timer'), Number(id) % 5)
    const emitter = new EventEmitter()
    emitter.once('told', () => log.info({ item: id }, 'in a listener'))
    const told = once(emitter, 'told')
    setImmediate(() => emitter.emit('told'))
    await told
    const item = await front.dependencies.back.get('/items/{id}', { params: { id } })
    request.log.info({ item: id }, 'after a call')
    return item
  })
  const { port } = await front.start()
  // Beside the requests: work of both that is none.
  const jobs = [front, back].map((service) => service.job('tidy', () => logger().info('tidied')))

  const statuses = await Promise.all(
    Array.from({ length: requestCount }, async (_, index) => {
      const answer = await fetch(`http://127.0.0.1:${port}/${index}`, {
        headers: { 'x-request-id': `request-${index}` },
      })
      await answer.arrayBuffer()
      return answer.status
    }),
  )
  await Promise.all(jobs.map((run) => run()))
  expect(statuses.filter((status) => status !== 200)).toEqual([])
  await front.stop()
  await back.stop()

  for (const message of ['at once', 'after an await', 'in a timer', 'in a listener', 'after a call']) {
    expect(frontLines.matching({ short_message: message })).toHaveLength(requestCount)
  }
  expect(backLines.matching({ short_message: 'found' })).toHaveLength(requestCount)
  for (const lines of [frontLines, backLines]) {
    expect(lines.matching({ short_message: 'from the top of a module' })).toHaveLength(requestCount)
    expect(lines.matching({ short_message: 'from anywhere', _module: 'sql' })).toHaveLength(requestCount)
    expect(lines.matching({ short_message: 'tidied' })).toMatchObject([{ _request_id: expect.any(String) }])
  }
  const ofItems = [...frontLines.lines, ...backLines.lines].filter((line) => line['_item'] !== undefined)
  expect(ofItems.filter((line) => line['_request_id'] !== `request-${String(line['_item'])}`)).toEqual([])
  for (const lines of [frontLines, backLines]) {
    const ids = lines.matching({ status: 200 }).map((line) => line['_request_id'])
    expect(new Set(ids).size).toBe(requestCount)
    expect(lines.lines.flatMap((line) => checkGelfLine(JSON.stringify(line)))).toEqual([])
  }
})
