import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { encodeBody } from './request-body.ts'

describe('encodeBody', () => {
  it.each([
    ['a text', 'a text', 'text/plain; charset=utf-8'],
    [{ id: 7 }, '{"id":7}', 'application/json'],
    [[1, 2], '[1,2]', 'application/json'],
    [null, 'null', 'application/json'],
    [0, '0', 'application/json'],
  ])('sends %o as %s', (body, bytes, contentType) => {
    expect(encodeBody(body)).toEqual({ bytes, contentType })
  })

  it('sends bytes as they are', () => {
    const bytes = Buffer.from([1, 2, 3])
    expect(encodeBody(bytes)).toEqual({ bytes, contentType: 'application/octet-stream' })
  })

  it('sends nothing for undefined', () => {
    expect(encodeBody(undefined)).toEqual({ bytes: undefined, contentType: undefined })
  })

  it('refuses what JSON cannot hold, and streams', () => {
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    for (const body of [circular, 1n, () => 1, Symbol('s'), Readable.from(['x'])]) {
      expect(() => encodeBody(body)).toThrow(
        expect.objectContaining({ code: 'KEELSON_CLIENT_REQUEST_INVALID' }) as Error,
      )
    }
  })
})
