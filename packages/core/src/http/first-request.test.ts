import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { isFirstRequest } from './first-request.ts'

function requestOn(socket: object, httpVersionMajor = 1): IncomingMessage {
  // What is read of it.
  return { httpVersionMajor, socket } as unknown as IncomingMessage
}

describe('isFirstRequest', () => {
  it('is true once for a connection', () => {
    const socket = { writableEnded: false }
    expect([1, 2, 3].map(() => isFirstRequest(requestOn(socket)))).toEqual([true, false, false])
    expect(isFirstRequest(requestOn({ writableEnded: false }))).toBe(true)
  })

  it('is never true without a connection', () => {
    expect(isFirstRequest(requestOn({}))).toBe(false)
  })

  it('is never true over HTTP/2', () => {
    expect(isFirstRequest(requestOn({ writableEnded: false }, 2))).toBe(false)
  })
})
