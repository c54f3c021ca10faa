import { describe, expect, it } from 'vitest'
import { propagationHeaders } from './propagation.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const base = { service: 'delivery', retry: 1, limitMs: 812.7, random: () => 0.5 }

describe('propagationHeaders', () => {
  it('carries the request on', () => {
    const context = {
      requestId: 'abc-1',
      traceId,
      spanId: '00f067aa0ba902b7',
      criticality: 'critical' as const,
    }
    expect(propagationHeaders({ ...base, context })).toEqual({
      'x-client': 'delivery',
      'x-retry-attempt': '1',
      'x-criticality': 'critical',
      'x-request-timeout-ms': '812',
      'x-request-id': 'abc-1',
      traceparent: `00-${traceId}-8000000080000000-01`,
    })
  })

  it.each([
    ['00', '00'],
    ['01', '01'],
    ['ff', '03'],
    [undefined, '01'],
  ])('keeps the flags %s of the caller, as far as they are defined: %s', (traceFlags, sent) => {
    const headers = propagationHeaders({ ...base, context: { requestId: 'abc-1', traceId, traceFlags } })
    expect(headers['traceparent']?.slice(-3)).toBe(`-${sent}`)
  })

  it('passes the state of other tracing systems on as it came', () => {
    const context = { requestId: 'abc-1', traceId, traceState: 'a=1,b=2' }
    expect(propagationHeaders({ ...base, context })['tracestate']).toBe('a=1,b=2')
  })

  it('names the span of the attempt where there is one, whatever the caller has sent', () => {
    const context = { requestId: 'abc-1', traceId, spanId: '00f067aa0ba902b7', traceFlags: '00' }
    const span = { traceId, spanId: 'aaaaaaaaaaaaaaaa', traceFlags: '01' }
    expect(propagationHeaders({ ...base, context, span })['traceparent']).toBe(
      `00-${traceId}-aaaaaaaaaaaaaaaa-01`,
    )
  })

  it('says what it knows outside of any request', () => {
    expect(propagationHeaders({ ...base, limitMs: Infinity, context: undefined })).toEqual({
      'x-client': 'delivery',
      'x-retry-attempt': '1',
      'x-criticality': 'default',
    })
  })

  it('never sends a span id of zeros, nor a time below 1 ms', () => {
    const headers = propagationHeaders({
      ...base,
      limitMs: 0.2,
      random: () => 0,
      context: { requestId: 'abc-1', traceId },
    })
    expect(headers['traceparent']).toBe(`00-${traceId}-0000000000000001-01`)
    expect(headers['x-request-timeout-ms']).toBe('1')
  })
})
