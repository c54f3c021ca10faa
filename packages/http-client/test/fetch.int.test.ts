import { createFaultServer, type FaultServer } from '@keelson/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHttpClient, type HttpClient } from '../src/index.ts'

let server: FaultServer
let client: HttpClient

beforeEach(async () => {
  server = await createFaultServer()
  client = createHttpClient({ service: 'delivery', dependency: 'catalog', target: server.url })
})
afterEach(async () => {
  await server.close()
  await client.close()
})

describe('fetch', () => {
  it('answers as the global fetch does, body and headers included', async () => {
    server.behave({ status: 201, headers: { 'x-kind': 'video' }, body: { id: 7 } })
    const { fetch } = client
    const answer = await fetch(`${server.url}/videos?page=2`, {
      method: 'PUT',
      headers: { 'X-Custom': 'yes' },
      body: new URLSearchParams({ title: 'ä b' }),
    })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('x-kind')).toBe('video')
    expect(await answer.json()).toEqual({ id: 7 })
    expect(server.requests).toMatchObject([
      {
        method: 'PUT',
        url: '/videos?page=2',
        body: 'title=%C3%A4+b',
        headers: {
          'x-custom': 'yes',
          'x-client': 'delivery',
          'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
        },
      },
    ])
  })

  it('takes a Request and an address that is relative to the target', async () => {
    server.behave({ status: 204, body: '' })
    expect((await client.fetch(new Request(`${server.url}/a`, { method: 'DELETE' }))).status).toBe(204)
    expect((await client.fetch('/b')).status).toBe(204)
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['DELETE /a', 'GET /b'])
  })

  it('gives answers of any status, after the retries of the policy', async () => {
    server.behave({ status: 404, body: 'none' })
    const missing = await client.fetch('/videos/7')
    expect([missing.status, missing.ok, await missing.text()]).toEqual([404, false, 'none'])
    server.behave({ status: 503 })
    expect((await client.fetch('/videos/7')).status).toBe(503)
    expect(server.requestCount).toBe(3)
  })

  it('leaves JSON to who reads it', async () => {
    server.behave({ body: '{"id":', headers: { 'content-type': 'application/json' } })
    expect(await (await client.fetch('/')).text()).toBe('{"id":')
  })

  it('ends with its signal', async () => {
    server.behave({ fault: 'black-hole' })
    const controller = new AbortController()
    const call = client.fetch('/', { signal: controller.signal })
    controller.abort()
    await expect(call).rejects.toMatchObject({ code: 'KEELSON_CLIENT_CANCELLED' })
  })

  it('rejects when there is no answer, and never sends a POST twice', async () => {
    server.behave({ fault: 'reset' })
    await expect(client.fetch('/', { method: 'POST', body: 'x' })).rejects.toMatchObject({
      code: 'KEELSON_CLIENT_CONNECTION_RESET',
    })
    expect(server.requestCount).toBe(1)
  })

  it.each([
    ['http://another.example/', {}],
    ['/', { method: 'PROPFIND' }],
    ['http://', {}],
    ['/', { method: 'GET', body: 'not with GET' }],
  ])('refuses %s %o', async (address, init) => {
    await expect(client.fetch(address, init)).rejects.toMatchObject({
      code: 'KEELSON_CLIENT_REQUEST_INVALID',
    })
  })
})
