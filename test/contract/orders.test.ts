// The example with a database, as a process of its own and with a real PostgreSQL: the whole contract, and an outage under load.
import { join } from 'node:path'
import { completeContract, verify } from '@keelson/cli'
import { requireServer, type ServerFixture, startPostgres } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repositoryRoot } from '../../scripts/repository.ts'
import { launchService, startService, statusOf, until } from '../e2e/service-process.ts'

const postgres = requireServer('postgres')
const main = 'examples/orders/src/main.ts'

describe.skipIf(!postgres.available)('the example orders', () => {
  let server: ServerFixture
  let env: Record<string, string>

  beforeAll(async () => {
    server = await startPostgres(postgres.path ?? '')
    env = { DATABASE_URL: `postgres://postgres@127.0.0.1:${server.port}/postgres` }
    const task = launchService({ main, env, args: ['--task', 'migrate'] })
    expect(await task.exited()).toEqual({ code: 0, signal: null })
  }, 120_000)

  afterAll(() => server.close())

  it('keeps the contract from start to stop, and loses no request', async () => {
    const result = await verify({
      target: { kind: 'command', command: [process.execPath, '--conditions=keelson-source', 'src/main.ts'] },
      contract: completeContract({
        service: 'orders',
        paths: { sample: '/orders' },
        limits: { probe: '1500ms', scrape: '1500ms' },
      }),
      cwd: join(repositoryRoot, 'examples/orders'),
      env: { ...process.env, ...env },
      signal: new AbortController().signal,
    })
    const failed = result.checks.filter(({ status }) => status === 'fail')
    expect(failed.map(({ id, problems }) => [id, problems])).toEqual([])
    expect(result.stop?.load.lost).toEqual([])
  }, 60_000)

  it('outlives its database under load: 503 at once, no restart, and no order lost that was taken', async () => {
    // Where an earlier try has left it dead.
    await server.start()
    await using service = await startService({
      main,
      // A refusal by the bound of admission, where the machine is busy, would be none of the database.
      env: { ...env, RESOURCES__DATABASE__CHECK_INTERVAL: '200ms', ADMISSION__BACKLOG: '0' },
    })
    const metrics = async () => (await fetch(`${service.opsUrl}/metrics`)).text()
    const checkLine = (status: string) =>
      service.line(
        (line) => line['_check'] === 'database' && line['_check_status'] === status,
        `check ${status}`,
      )
    const taken: string[] = []
    const statuses: number[] = []
    const count = (status: number) => statuses.filter((each) => each === status).length
    const problems: { readonly body: string; readonly noRetry: string | null }[] = []
    const ending = new AbortController()
    let sentCount = 0
    const caller = async () => {
      while (!ending.signal.aborted) {
        const id = `order-${sentCount++}`
        const answer = await put(service.url, id)
        statuses.push(answer.status)
        const body = await answer.text()
        if (answer.status === 201) taken.push(id)
        if (answer.status === 503) problems.push({ body, noRetry: answer.headers.get('x-no-retry') })
        // Refusals cost nothing: without a pause they would be all that these callers do.
        if (answer.status !== 201) await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }
    const callers = Promise.all(Array.from({ length: 8 }, caller))
    callers.catch(() => undefined)

    await until(() => taken.length > 50, 'orders')
    await server.kill()
    await until(() => count(503) > 100, 'refusals')
    expect(await statusOf(`${service.opsUrl}/readiness`), 'all replicas share the database').toBe(200)
    expect(await statusOf(`${service.opsUrl}/liveness`)).toBe(200)
    await checkLine('down')
    await until(
      async () =>
        valueOf(await metrics(), 'keelson_breaker_changes_total{dependency="database",to="open"}') > 0,
      'the breaker that opens',
    )

    await server.start()
    const before = taken.length
    await until(() => taken.length > before + 100, 'orders after the outage')
    await checkLine('up')
    ending.abort()
    await callers

    expect(new Set(statuses), 'nothing but orders and refusals').toEqual(new Set([201, 503]))
    for (const { body, noRetry } of problems) {
      expect(JSON.parse(body)).toMatchObject({ status: 503, requestId: expect.any(String) })
      expect(body).not.toMatch(/ECONN|terminat|postgres/)
      expect(noRetry).toBe('1')
    }
    // The breaker may still let in a part only.
    for (const id of taken) {
      await until(async () => (await statusOf(`${service.url}/orders/${id}`)) === 200, `the order ${id}`)
    }
    const page = await metrics()
    expect(
      valueOf(page, 'keelson_resource_connects_total{resource="database",result="success"}'),
    ).toBeGreaterThanOrEqual(1)
    expect(
      valueOf(page, 'keelson_client_calls_total{dependency="database",outcome="success"}'),
    ).toBeGreaterThan(150)

    service.process.signal('SIGTERM')
    expect(await service.process.exited()).toEqual({ code: 0, signal: null })
    const failures = service.lines((line) => Number(line['level']) <= 3 && line['_request_id'] === undefined)
    expect(failures, 'errors that belong to no request').toEqual([])
  }, 120_000)

  it('shows the keys of its database, and never its address, which holds a password', async () => {
    await using service = await startService({
      main,
      env: {
        DATABASE_URL: 'postgres://shop:canary-7@127.0.0.1:1/shop',
        RESOURCES__DATABASE__RETRY__MAX_RETRIES: '2',
      },
    })
    const config = await (await fetch(`${service.opsUrl}/config`)).text()
    expect(config).toContain('RESOURCES__DATABASE__RETRY__MAX_RETRIES')
    expect(config).toContain('breaker')
    const answer = await put(service.url, 'one')
    expect(answer.status).toBe(503)
    const everything = [
      config,
      await answer.text(),
      ...service.process.stdout,
      ...service.process.stderr,
    ].join('\n')
    expect(everything).not.toContain('canary-7')
  }, 60_000)
})

function put(url: string, id: string): Promise<Response> {
  return fetch(`${url}/orders/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"item":"lamp","count":2}',
  })
}

/** Value of the first series that begins so. */
function valueOf(page: string, series: string): number {
  return Number(
    page
      .split('\n')
      .find((line) => line.startsWith(series))
      ?.split(' ')
      .at(-1),
  )
}
