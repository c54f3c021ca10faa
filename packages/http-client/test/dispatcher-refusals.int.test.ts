import type { FaultServer } from '@keelson/testing'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HttpClient } from '../src/index.ts'
import { causeOf, openDispatcherTrial, type DispatcherTrial } from './dispatcher-trial.ts'

let server: FaultServer
let client: HttpClient
let make: DispatcherTrial['make']
let close: DispatcherTrial['close']

beforeEach(async () => {
  ;({ server, client, make, close } = await openDispatcherTrial())
})
afterEach(() => close())

describe('what it does not do', () => {
  it.each([
    ['another origin', { origin: 'http://another.example' }, 'its target is http://127.0.0.1'],
    ['CONNECT', { method: 'CONNECT' }, 'the method CONNECT'],
    ['an upgrade', { upgrade: 'websocket' }, 'an upgrade'],
    ['trailers', { headers: ['Trailer', 'x-sum'] }, 'trailers'],
    ['a path without a slash', { path: 'videos' }, 'does not begin with /'],
    ['a body that is a number', { body: 7 }, 'a body of type number'],
    ['headers of half a pair', { headers: ['x-a'] }, 'ends with a name'],
  ])('%s', async (_name, part, problem) => {
    const error = await new Promise((resolve) => {
      client
        .dispatcher()
        .dispatch(
          { path: '/', method: 'GET', ...part },
          { onResponseError: (_control, each) => resolve(each) },
        )
    })
    expect(error).toMatchObject({
      code: 'KEELSON_CLIENT_REQUEST_INVALID',
      message: expect.stringContaining(problem),
    })
    expect(server.requestCount).toBe(0)
  })

  it('says so by its methods and to fetch', async () => {
    const dispatcher = client.dispatcher()
    for (const method of ['request', 'stream', 'pipeline', 'connect', 'upgrade', 'compose'] as const) {
      expect(() => dispatcher[method]()).toThrow(
        expect.objectContaining({ code: 'KEELSON_CLIENT_REQUEST_INVALID' }),
      )
    }
    expect(await causeOf(fetch('http://another.example/', { dispatcher }))).toMatchObject({
      code: 'KEELSON_CLIENT_REQUEST_INVALID',
    })
    expect(() => client.dispatcher({ timeoutMs: 0 })).toThrow(
      expect.objectContaining({ code: 'KEELSON_CLIENT_OPTIONS_INVALID' }),
    )
  })

  it('blames no dependency for a header that cannot be sent', async () => {
    const strict = make({ breaker: { minimumThroughput: 1 } })
    const call = request(server.url, { headers: { expect: '100-continue' }, dispatcher: strict.dispatcher() })
    expect(await causeOf(call)).toMatchObject({ code: 'KEELSON_CLIENT_REQUEST_INVALID' })
    expect(strict.state().breaker).toBe('closed')
  })

  it('answers a handler that throws with what it threw', async () => {
    const strict = make({ breaker: { minimumThroughput: 1 } })
    const thrown = new Error('a fault of the library')
    const error = await new Promise((resolve) => {
      strict.dispatcher().dispatch(
        { path: '/', method: 'GET' },
        {
          onResponseStart: () => {
            throw thrown
          },
          onResponseError: (_control, each) => resolve(each),
        },
      )
    })
    expect(error).toBe(thrown)
    expect(strict.state().breaker).toBe('closed')
  })
})

describe('close and destroy', () => {
  it('are those of the one dispatcher: the client and its other dispatchers go on', async () => {
    server.behave({ fault: 'slow-body', pieceDelayMs: 20, body: 'z'.repeat(100) })
    const first = client.dispatcher()
    const running = fetch(server.url, { dispatcher: first }).then((answer) => answer.text())
    running.catch(() => undefined)
    await expect.poll(() => server.requestCount).toBe(1)
    await first.close()
    expect(client.state().inFlight, 'it waits for what is under way').toBe(0)
    expect(await running).toHaveLength(100)
    expect(await causeOf(fetch(server.url, { dispatcher: first }))).toMatchObject({
      code: 'KEELSON_CLIENT_CLOSED',
    })
    expect((await fetch(server.url, { dispatcher: client.dispatcher() })).status).toBe(200)
  })

  it('destroy ends what is under way with its error', async () => {
    server.behave({ fault: 'black-hole' })
    const dispatcher = client.dispatcher()
    const reason = new Error('the library is done')
    const call = causeOf(request(server.url, { dispatcher }))
    await expect.poll(() => server.requestCount).toBe(1)
    await new Promise<void>((resolve) => dispatcher.destroy(reason, resolve))
    expect(await call).toBe(reason)
    await expect.poll(() => server.abortedCount).toBe(1)
  })
})
