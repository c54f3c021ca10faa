import { createLog } from '@keelson/log'
import { expect, test } from 'vitest'
import { requestSerializers } from './request-serializers.ts'

test('a request that is logged whole is written short', () => {
  const lines: string[] = []
  const log = createLog({
    service: 'demo',
    serializers: requestSerializers,
    destination: { write: (line) => void lines.push(line) },
  })
  const socket = { remotePort: 4711, secret: 'x' }
  const req = { method: 'GET', url: '/a', host: 'h', ip: '10.0.0.1', socket, headers: { cookie: 'secret' } }
  log.logger.info({ req, res: { statusCode: 204, raw: {} } }, 'whole')
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  expect(line).toMatchObject({ short_message: 'whole', _service: 'demo' })
  expect(JSON.stringify(line)).toContain('4711')
  expect(JSON.stringify(line)).toContain('204')
  expect(JSON.stringify(line)).not.toContain('secret')
})

test.each([undefined, null, 'text', {}])('what is no request (%j) does no harm', (value) => {
  expect(requestSerializers.req(value)).toEqual({})
  expect(requestSerializers.res(value)).toEqual({})
})
