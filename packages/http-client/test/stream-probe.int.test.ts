import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Resolver } from '@keelson/core/dns'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../src/index.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

/** A server whose answers have no end, or which is down. */
async function listen(host: string, port = 0) {
  const state = { down: false, streams: [] as ServerResponse[] }
  const server = createServer((_request, response) => {
    if (state.down) {
      response.writeHead(503).end()
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    state.streams.push(response)
  }).listen(port, host)
  await once(server, 'listening')
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { state, port: (server.address() as AddressInfo).port } // it listens on TCP
}

function make(options: Pick<HttpClientOptions, 'target'> & Partial<HttpClientOptions>): HttpClient {
  const client = createHttpClient({ service: 'delivery', dependency: 'events', retry: false, ...options })
  stops.push(() => client.close())
  return client
}

describe('a stream without an end', () => {
  it('closes a breaker that waits for probes', async () => {
    const { state, port } = await listen('127.0.0.1')
    const target = `http://127.0.0.1:${port}`
    const client = make({ target, breaker: { minimumThroughput: 1, breakMs: 50, rampMs: 0 } })
    const dispatcher = client.dispatcher({ timeoutMs: 60_000 })
    const open = async () => (await fetch(target, { dispatcher })).status

    state.down = true
    expect(await open()).toBe(503)
    await expect.poll(() => client.state().breaker).toBe('half-open')
    state.down = false
    expect(await Promise.all([open(), open(), open()])).toEqual([200, 200, 200])
    expect(client.state()).toMatchObject({ breaker: 'closed', inFlight: 3 })
    expect(await open()).toBe(200)
    for (const stream of state.streams) stream.end()
    await expect.poll(() => client.state().inFlight).toBe(0)
  })

  it('brings a replica back that was ejected', async () => {
    const { state: bad, port } = await listen('127.0.0.25')
    const { state: good } = await listen('127.0.0.26', port)
    const found = ['127.0.0.25', '127.0.0.26'].map((address) => ({ address, family: 4 as const }))
    const resolver: Resolver = {
      resolve: () => Promise.resolve(found),
      lookup: (_name, _options, callback) => callback(null, found),
    }
    const target = `http://events.prod:${port}`
    const endpoints = { consecutiveFailures: 1, ejectMs: 50, maxEjectMs: 50, maxEjectedRatio: 0.5 }
    const client = make({ target, resolver, endpoints, breaker: false })
    const dispatcher = client.dispatcher({ timeoutMs: 60_000 })
    const open = () => fetch(target, { dispatcher })
    const condition = () =>
      client.state().endpoints.find(({ key }) => key.startsWith('127.0.0.25'))?.condition

    bad.down = true
    // Not known before the first call.
    while (condition() === undefined || condition() === 'up') await open()
    await expect.poll(condition).toBe('probing')
    bad.down = false
    const begunCount = good.streams.length
    await open()
    expect(good.streams.length, 'it went to the one that was ejected').toBe(begunCount)
    expect(condition()).toBe('warming')
    expect(client.state().inFlight).toBeGreaterThan(0)
    for (const stream of [...bad.streams, ...good.streams]) stream.end()
    await expect.poll(() => client.state().inFlight).toBe(0)
  })
})
