import { describe, expect, it } from 'vitest'
import { environmentName } from './environment-names.ts'

describe('environmentName', () => {
  it.each([
    ['greeting', 'GREETING'],
    ['db.pool.maxSize', 'DB__POOL__MAX_SIZE'],
    ['http.connectionMaxAge', 'HTTP__CONNECTION_MAX_AGE'],
    ['maxHTTPSockets', 'MAX_HTTP_SOCKETS'],
    ['http2Port', 'HTTP2_PORT'],
    ['dependencies.user-service.target', 'DEPENDENCIES__USER_SERVICE__TARGET'],
  ])('turns %s into %s', (key, name) => {
    expect(environmentName(key)).toBe(name)
  })
})
