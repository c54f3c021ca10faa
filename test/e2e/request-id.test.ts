import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { headerOf, sendRaw } from './raw-http.ts'
import { patientCalls, startCatalog, startDelivery, until, type ServiceProcess } from './service-process.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

describe('request id', () => {
  let catalog: ServiceProcess
  let delivery: ServiceProcess

  beforeAll(async () => {
    // Fifty requests come at once: a bound would refuse some of them where the machine is busy.
    const env = { ADMISSION__BACKLOG: '0' }
    catalog = await startCatalog(env)
    delivery = await startDelivery(catalog.url, { ...env, ...patientCalls })
  })

  afterAll(async () => {
    await delivery[Symbol.asyncDispose]()
    await catalog[Symbol.asyncDispose]()
  })

  it('goes from the caller through both services into every line, and back', async () => {
    const id = `abc-${randomUUID()}`
    const messages = new Map([
      [delivery, 'served'],
      [catalog, 'found'],
    ])
    // What an earlier try has written is not this one's.
    const countOf = (service: ServiceProcess) =>
      service.lines(({ short_message }) => short_message === messages.get(service)).length
    const before = new Map([...messages.keys()].map((service) => [service, countOf(service)]))
    const answer = await fetch(`${delivery.url}/videos/1`, { headers: { 'x-request-id': id } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-request-id')).toBe(id)
    expect(await answer.json()).toMatchObject({ id: '1', title: 'A Trip to the Moon', greeting: 'Enjoy' })

    for (const [service, message] of messages) {
      const access = await service.line(
        (line) => line['_request_id'] === id && line['_status'] !== undefined,
        'the access line',
      )
      expect(access).toMatchObject({ _method: 'GET', _route: '/videos/:id', _url: '/videos/1', _status: 200 })
      const handler = service.lines(({ short_message }) => short_message === message)
      expect(handler.slice(before.get(service)).map((line) => line['_request_id'])).toEqual([id])
    }
  })

  it('is made where the caller sent none, one for each request', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${delivery.url}/videos/2`)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const ids = answers.map((answer) => answer.headers.get('x-request-id'))
    expect(new Set(ids).size).toBe(50)
    for (const id of ids) expect(id).toMatch(uuid)
    // The same fifty in the catalog: none was lost or crossed on the way.
    await until(() => ids.every((id) => hasAccessLine(catalog, id)), 'all access lines')
  })

  it.each([
    ['a route that does not exist', 'GET /nothing HTTP/1.1', 404],
    ['a parameter that its schema refuses', 'GET /slow?seconds=soon HTTP/1.1', 400],
    ['a URL that cannot be decoded', 'GET /videos/%ff HTTP/1.1', 400],
    ['a video that the catalog does not have', 'GET /videos/404 HTTP/1.1', 404],
  ])('is on the answer to %s', async (_what, requestLine, status) => {
    const answer = await sendRaw(delivery.port, [requestLine, 'x-request-id: error-1'])
    expect(answer.split(' ', 2)[1]).toBe(String(status))
    expect(headerOf(answer, 'x-request-id')).toBe('error-1')
    expect(headerOf(answer, 'content-type')).toMatch(/^application\/problem\+json/)
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
      status,
      requestId: 'error-1',
    })
  })

  it.each([
    ['holds quotes', ['x-request-id: hostile"},{"level":0'], 'charset'],
    ['has 10 kB', [`x-request-id: hostile${'a'.repeat(10_240)}`], 'length'],
    ['has one character too many', [`x-request-id: hostile${'a'.repeat(122)}`], 'length'],
    ['comes twice', ['x-request-id: hostile-1', 'x-request-id: hostile-2'], 'multiple'],
    ['comes twice in one line', ['x-request-id: hostile-1, hostile-2'], 'multiple'],
    ['breaks the line', ['x-request-id: %0d%0ahostile: 1'], 'charset'],
    ['begins with a dash', ['x-request-id: -hostile'], 'charset'],
    ['holds bytes beyond ASCII', ['x-request-id: hostile\xe4\xff'], 'charset'],
    ['holds a path', ['x-request-id: ../../hostile?x=1'], 'charset'],
    ['is empty', ['x-request-id: '], 'length'],
  ])('is replaced and never reflected when it %s', async (_what, headers, reason) => {
    const answer = await sendRaw(delivery.port, ['GET /videos/1 HTTP/1.1', ...headers])
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    const id = headerOf(answer, 'x-request-id')
    expect(id).toMatch(uuid)
    expect(answer).not.toContain('hostile')
    await until(() => hasAccessLine(delivery, id) && hasAccessLine(catalog, id), 'the access lines')
    const reasons = [delivery, catalog].map((service) =>
      service
        .lines((line) => line['_request_id'] === id && line['_status'] !== undefined)
        .map((line) => line['_request_id_rejected']),
    )
    expect(reasons).toEqual([[reason], [undefined]])
    expect([...delivery.process.stdout, ...catalog.process.stdout].join('\n')).not.toContain('hostile')
  })

  it.each([
    ['a line break', 'x-request-id: hostile\r\n hostile: 1'],
    ['a bare line feed', 'x-request-id: hostile\nhostile: 1'],
    ['a bare carriage return', 'x-request-id: hostile\rhostile: 1'],
    ['a zero byte', 'x-request-id: hostile\0'],
  ])('with %s in it is refused or replaced, and never reflected', async (_what, header) => {
    const answer = await sendRaw(delivery.port, ['GET /videos/1 HTTP/1.1', header])
    expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /)
    expect(headerOf(answer, 'x-request-id')).toMatch(uuid)
    expect(answer).not.toContain('hostile')
    expect([...delivery.process.stdout, ...catalog.process.stdout].join('\n')).not.toContain('hostile')
  })
})

function hasAccessLine(service: ServiceProcess, id: string | null | undefined): boolean {
  return service.lines((line) => line['_request_id'] === id && line['_status'] !== undefined).length > 0
}
