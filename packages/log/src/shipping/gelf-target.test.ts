import { describe, expect, test } from 'vitest'
import { parseGelfUrl } from './gelf-target.ts'

describe('parseGelfUrl', () => {
  test.each([
    ['udp://graylog:5000', { transport: 'udp', host: 'graylog', port: 5000 }],
    ['tcp://graylog.logging.svc', { transport: 'tcp', host: 'graylog.logging.svc', port: 12201 }],
    ['tls://[2001:db8::1]:443/', { transport: 'tls', host: '2001:db8::1', port: 443 }],
  ])('reads %s', (text, target) => {
    expect(parseGelfUrl(text)).toEqual(target)
  })

  test.each([
    'graylog:12201',
    'http://graylog',
    'udp://',
    'udp://user:pw@graylog',
    'tcp://graylog/path',
    'tcp://graylog?x=1',
    'tcp://graylog:0',
  ])('refuses %s', (text) => {
    expect(parseGelfUrl(text)).toBeUndefined()
  })
})
