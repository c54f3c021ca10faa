import { checkGelfLine } from '@keelson/testing'
import { createService, defineService, type Service } from 'keelson'
import { expect, it } from 'vitest'

const first = defineService({
  name: 'first',
  version: '1.0.0',
  config: { greeting: { doc: 'Opens every answer', format: 'string', default: 'Hello', reload: 'hot' } },
})
const second = defineService({
  name: 'second',
  version: '2.0.0',
  config: { limit: { doc: 'How many', format: 'nat', default: 3 } },
})

it('two services live in one process, each with its own configuration, lines, series and end', async () => {
  const lines: Record<'first' | 'second', string[]> = { first: [], second: [] }
  const hermetic = (name: 'first' | 'second', env: Readonly<Record<string, string>>) => ({
    env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', ...env },
    argv: [],
    cwd: import.meta.dirname,
    signals: false,
    logDestination: { write: (line: string) => void lines[name].push(line) },
  })
  await using one = await createService(first, hermetic('first', { GREETING: 'Ahoy' }))
  await using two = await createService(second, hermetic('second', { LOG_LEVEL: 'warn' }))
  one.app.get('/', async () => ({ greeting: one.config.current.greeting }))
  two.app.get('/', async (request) => {
    request.log.warn('limited')
    return { limit: two.config.current.limit }
  })
  const oneAt = await one.start()
  const twoAt = await two.start()

  const headers = { 'x-request-id': 'both-1' }
  const answers = [
    await fetch(`http://127.0.0.1:${oneAt.port}/`, { headers }),
    await fetch(`http://127.0.0.1:${twoAt.port}/`, { headers }),
  ]
  expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([
    { greeting: 'Ahoy' },
    { limit: 3 },
  ])
  expect(one.app.keelson.name).toBe('first')
  expect(two.app.keelson.name).toBe('second')

  expect(await seriesOf(oneAt.opsPort)).toContain('service="first",version="1.0.0"')
  expect(await seriesOf(twoAt.opsPort)).toContain('service="second",version="2.0.0"')
  expect(await seriesOf(oneAt.opsPort)).toContain(
    'http_requests_total{method="GET",route="/",status_code="200"} 1',
  )

  await one.stop()
  await expect(fetch(`http://127.0.0.1:${oneAt.port}/`)).rejects.toThrow()
  expect((await fetch(`http://127.0.0.1:${twoAt.opsPort}/readiness`)).status).toBe(200)
  expect((await fetch(`http://127.0.0.1:${twoAt.port}/`)).status).toBe(200)
  await two.stop()

  for (const service of ['first', 'second'] as const) {
    expect(lines[service].flatMap(checkGelfLine)).toEqual([])
    expect(lines[service].filter((line) => !line.includes(`"_service":"${service}"`))).toEqual([])
  }
  expect(lines.second.filter((line) => line.includes('"short_message":"limited"'))).toHaveLength(2)
  expect(lines.second.filter((line) => line.includes('"_status":'))).toEqual([])
  expect(lines.first.some((line) => line.includes('service stopped'))).toBe(true)
})

it('a service that is stopped leaves no handler on the process', async () => {
  const before = countHandlers()
  const service: Service = await createService(
    { name: 'guest' },
    {
      env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0' },
      argv: [],
      cwd: import.meta.dirname,
      logDestination: { write() {} },
    },
  )
  expect(countHandlers()).toBe(before + 2)
  await service.stop()
  expect(countHandlers()).toBe(before)
})

function countHandlers(): number {
  return process.listenerCount('SIGTERM') + process.listenerCount('uncaughtException')
}

async function seriesOf(opsPort: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
}
