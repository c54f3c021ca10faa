import { KeelsonError } from '@keelson/core/errors'
import { describe, expect, it } from 'vitest'
import { classifyClientError } from './classification.ts'
import { statusError } from './status-error.ts'

const nowMs = Date.UTC(2026, 0, 1)

function answered(status: number, headers: Record<string, string> = {}) {
  const context = { dependency: 'catalog', method: 'GET', path: '/videos/{id}', nowMs }
  return statusError({ status, headers, bytes: Buffer.alloc(0) }, context)
}

describe('classifyClientError', () => {
  it.each([
    [400, 'success', 'never', 'success'],
    [404, 'success', 'never', 'success'],
    [304, 'success', 'never', 'success'],
    [429, 'neutral', 'never', 'rejected'],
    [500, 'failure', 'never', 'failure'],
    [501, 'success', 'never', 'success'],
    [502, 'failure', 'idempotent', 'failure'],
    [503, 'failure', 'idempotent', 'failure'],
    [504, 'failure', 'idempotent', 'failure'],
  ])('takes status %d for %s in the breaker, retry %s', (status, breaker, retry, outcome) => {
    expect(classifyClientError(answered(status))).toMatchObject({ breaker, retry, outcome })
  })

  it.each([{ 'x-shed': 'limit' }, { 'x-no-retry': '1' }])(
    'takes 502, 503 and 504 with %o for neutral: the breaker below has judged already',
    (headers) => {
      for (const status of [502, 503, 504]) {
        const expected = { breaker: 'neutral', retry: 'never', outcome: 'rejected' }
        expect(classifyClientError(answered(status, headers))).toMatchObject(expected)
      }
      expect(classifyClientError(answered(500, headers))).toMatchObject({ breaker: 'failure' })
    },
  )

  it('makes a refused call again when the dependency says when, unless it forbids it', () => {
    const shed = { 'x-shed': 'limit', 'retry-after': '1' }
    expect(classifyClientError(answered(503, shed))).toMatchObject({
      retry: 'idempotent',
      retryAfterMs: 1_000,
    })
    expect(classifyClientError(answered(503, { ...shed, 'x-no-retry': '1' }))).toMatchObject({
      retry: 'never',
    })
    expect(classifyClientError(answered(502, { 'x-no-retry': '1' }))).toMatchObject({ retry: 'never' })
  })

  it('reads Retry-After as a date, and ignores nonsense', () => {
    const date = new Date(nowMs + 2_000).toUTCString()
    expect(classifyClientError(answered(429, { 'retry-after': date }))).toMatchObject({ retryAfterMs: 2_000 })
    expect(classifyClientError(answered(429, { 'retry-after': 'soon' }))).toMatchObject({
      retryAfterMs: undefined,
    })
  })

  it.each([
    ['KEELSON_CLIENT_CONNECT_FAILED', 'failure', 'always'],
    ['KEELSON_CLIENT_CONNECTION_RESET', 'failure', 'idempotent'],
    ['KEELSON_CLIENT_RESPONSE_INVALID', 'success', 'never'],
    ['KEELSON_CLIENT_RESPONSE_TOO_LARGE', 'success', 'never'],
    ['KEELSON_CLIENT_REQUEST_INVALID', 'neutral', 'never'],
    ['KEELSON_CLIENT_CLOSED', 'neutral', 'never'],
  ])('takes %s for %s in the breaker, retry %s', (code, breaker, retry) => {
    expect(classifyClientError(new KeelsonError(code, 'A test.'))).toMatchObject({ breaker, retry })
  })

  it('blames no dependency for a fault of our own', () => {
    expect(classifyClientError(new TypeError('a bug'))).toMatchObject({ breaker: 'neutral', retry: 'never' })
  })
})

describe('statusError', () => {
  it('maps to 502, and to 503 where the dependency refused', () => {
    expect([500, 404, 429].map((status) => answered(status).statusCode)).toEqual([502, 502, 503])
    expect(answered(503, { 'x-shed': 'backlog' }).statusCode).toBe(503)
  })

  it('carries the beginning of a text body and no other', () => {
    const context = { dependency: 'catalog', method: 'GET', path: '/', nowMs }
    const bytes = Buffer.from('x'.repeat(10_000))
    const text = statusError({ status: 500, headers: { 'content-type': 'text/plain' }, bytes }, context)
    expect(text.details).toMatchObject({ body: 'x'.repeat(4_096) })
    const image = statusError({ status: 500, headers: { 'content-type': 'image/png' }, bytes }, context)
    expect(image.details).not.toHaveProperty('body')
  })
})
