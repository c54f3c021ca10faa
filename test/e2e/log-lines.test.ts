import { connect } from 'node:net'
import { checkGelfLine } from '@keelson/testing'
import { expect, it } from 'vitest'
import { startLoad } from './load.ts'
import { startCatalog, startDelivery, until, type LogLine, type ServiceProcess } from './service-process.ts'

const requestCount = 1_500

it('every line of both services is valid GELF under load, with failures, and at the stop', async () => {
  await using catalog = await startCatalog({ CATALOG__DELAY: '1ms' })
  // What admission sheds where the machine is busy is another test's.
  await using delivery = await startDelivery(catalog.url, { ADMISSION__BACKLOG: '0' })

  const load = startLoad(16, (index) => `${delivery.url}${pathOf(index)}`)
  await until(() => load.shots.length > requestCount / 3, 'a third of the load')
  await breakCatalog(catalog, 0.4)
  await until(() => load.shots.length > (requestCount * 2) / 3, 'two thirds of the load')
  await hangUp(delivery)
  await breakCatalog(catalog, 0)
  await until(() => load.shots.length > requestCount, 'the load')

  const stopped = load.shots.length
  delivery.process.signal('SIGTERM')
  catalog.process.signal('SIGTERM')
  expect(await delivery.process.exited()).toEqual({ code: 0, signal: null })
  expect(await catalog.process.exited()).toEqual({ code: 0, signal: null })
  await load.end()

  for (const service of [delivery, catalog]) {
    const faults = service.process.stdout.flatMap((line) =>
      checkGelfLine(line).map((fault) => `${fault} ${line}`),
    )
    expect(faults).toEqual([])
    expect(service.process.stderr).toEqual([])
  }
  // One access line for each request that was answered, for the one that was given up, and for the one beside it.
  const answered = load.shots.filter(({ status }) => status > 0)
  expect(answered.length).toBeGreaterThanOrEqual(stopped)
  const statuses = new Set(answered.map(({ status }) => status))
  expect(statuses).toEqual(new Set([200, 404]))
  expect(hangUps(delivery)).toMatchObject([{ _route: '/slow', _status: 499 }])
  expect(delivery.lines((line) => line['_status'] !== undefined)).toHaveLength(answered.length + 2)
  expect(catalog.lines((line) => line['_status'] === 503).length).toBeGreaterThan(0)
  process.stdout.write(
    `GELF check: ${delivery.process.stdout.length + catalog.process.stdout.length} lines for ${answered.length} requests\n`,
  )
})

function pathOf(index: number): string {
  if (index % 50 === 0) return '/nothing/%22quoted%22'
  return index % 20 === 0 ? '/videos/404' : `/videos/${(index % 20) + 1}`
}

async function breakCatalog({ url }: ServiceProcess, failureRatio: number): Promise<void> {
  const answer = await fetch(`${url}/switches`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ failureRatio }),
  })
  expect(answer.status).toBe(200)
}

/** Sends a request that takes long, and leaves once it is being handled. */
async function hangUp(service: ServiceProcess): Promise<void> {
  const socket = connect(service.port, '127.0.0.1')
  socket.write(
    'GET /slow?seconds=30 HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: \t"quoted" \xff\r\n\r\n',
    'latin1',
  )
  // Sent later and answered: the one before it has arrived.
  await fetch(`${service.url}/slow?seconds=0.1`)
  socket.destroy()
  await until(() => hangUps(service).length > 0, 'the line of the request that was given up')
}

function hangUps(service: ServiceProcess): readonly LogLine[] {
  return service.lines((line) => line['_aborted'] === 'true')
}
