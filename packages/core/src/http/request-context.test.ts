import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { createRequestOpener, type InboundOptions } from './request-context.ts'

function open(headers: Record<string, string>, peer = '10.0.0.9', options: InboundOptions = {}) {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: peer })
  const request = new IncomingMessage(socket)
  Object.assign(request.headers, headers)
  return createRequestOpener({ clock: createFakeClock(1_000_000), ...options })(request)
}

describe('createRequestOpener', () => {
  it('reads id, trace, deadline and criticality once', () => {
    const inbound = open({
      'x-request-id': 'abc-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
      'x-request-timeout-ms': '250',
      'x-criticality': 'critical',
    })
    expect(inbound).toMatchObject({
      requestId: 'abc-1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: '00',
      deadline: 1_000_250,
      criticality: 'critical',
    })
  })

  it('carries the log of the service that it was made for', () => {
    const log = {}
    expect(open({}, '10.0.0.9', { log }).log).toBe(log)
    expect(open({}).log).toBeUndefined()
  })

  it.each([
    ['a=1,b=2', 'a=1,b=2'],
    ['x'.repeat(513), undefined],
    ['a=\u0007', undefined],
  ])('keeps what other tracing systems wrote, if it is short and plain: %s', (tracestate, kept) => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'
    expect(open({ traceparent, tracestate }).traceState).toBe(kept)
    expect(open({ traceparent: 'none', tracestate }).traceState).toBeUndefined()
  })

  it('believes deadline, criticality and forwarded address from trusted networks only', () => {
    const inbound = open(
      { 'x-request-timeout-ms': '250', 'x-criticality': 'critical', 'x-forwarded-for': '10.0.0.1' },
      '203.0.113.9',
    )
    expect(inbound).toMatchObject({ deadline: undefined, criticality: undefined, remoteIp: '203.0.113.9' })
  })

  it.each(['-5', '1e3', '12ms', '99999999999', ''])('takes the deadline "%s" for absent', (timeout) => {
    expect(open({ 'x-request-timeout-ms': timeout }).deadline).toBeUndefined()
  })

  it('takes the time for which the event loop was blocked off the deadline', async () => {
    const fake = createFakeClock(1_000_000)
    let blockedMs = 0
    const clock = { ...fake, monotonic: () => fake.monotonic() + blockedMs }
    const opened: (number | undefined)[] = []
    const socket = new Socket()
    Object.defineProperty(socket, 'remoteAddress', { value: '10.0.0.9' })
    const request = new IncomingMessage(socket)
    request.headers['x-request-timeout-ms'] = '900'
    const openOne = createRequestOpener({ clock })
    opened.push(openOne(request).deadline)
    clock.setTimeout(() => opened.push(openOne(request).deadline), 50)
    blockedMs = 300
    await fake.advance(50)
    await fake.advance(50)
    opened.push(openOne(request).deadline)
    expect(opened).toEqual([1_000_900, 1_000_050 + 900 - 300, 1_000_100 + 900])
  })

  it('takes an unknown criticality for absent', () => {
    expect(open({ 'x-criticality': 'urgent' }).criticality).toBeUndefined()
  })

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7, 10.0.0.2', '203.0.113.7'], // the leftmost was written by the caller
    ['10.0.0.3', '10.0.0.3'],
    ['<script>', '10.0.0.9'],
    ['203.0.113.7, "x"', '10.0.0.9'],
  ])('finds the nearest foreign hop in "%s": %s', (header, expected) => {
    expect(open({ 'x-forwarded-for': header }).remoteIp).toBe(expected)
  })

  it('makes its signal at first use, and aborts it with the reason', () => {
    const inbound = open({})
    inbound.abort(new Error('nobody asked yet'))
    expect(inbound.signal.aborted).toBe(false)
    const reason = new Error('left')
    inbound.abort(reason)
    expect(inbound.signal.reason).toBe(reason)
  })
})
