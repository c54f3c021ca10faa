import { describe, expect, test } from 'vitest'
import { logDefaults } from './log-options.ts'
import { createValueMask, maskLine, sensitiveKeys } from './redaction.ts'

describe('sensitiveKeys', () => {
  const isSensitive = sensitiveKeys(logDefaults.redactKeys)

  test.each([
    'password',
    'PASSWORD',
    'dbPassword',
    'DB_PASSWORD',
    'password2',
    'db.password',
    'passwd',
    'client_secret',
    'clientSecret',
    'accessToken',
    'access-token',
    'Authorization',
    'proxy-authorization',
    'cookie',
    'Set-Cookie',
    'apiKey',
    'x-api-key',
    'THEIR_API_KEY',
    'apikey',
    'private_key',
    'creditCard',
    'cardNumber',
  ])('takes %s for the name of a secret', (key) => {
    expect(isSensitive(key)).toBe(true)
  })

  test.each([
    'tokenCount',
    'secretary',
    'cardinality',
    'discard',
    'passwordLength',
    'key',
    'monkey',
    'api',
    '',
    '!',
  ])('does not take %s for the name of a secret', (key) => {
    expect(isSensitive(key)).toBe(false)
  })

  test('knows only the names that it was given', () => {
    const own = sensitiveKeys(['msisdn'])
    expect(own('userMsisdn')).toBe(true)
    expect(own('password')).toBe(false)
  })
})

describe('createValueMask', () => {
  test('masks a value wherever it stands in a text, also when it was escaped as JSON within JSON', () => {
    const secret = 'pa"ss\\word-1'
    const mask = createValueMask([secret])
    const line = `${JSON.stringify({ version: '1.1', host: 'h', short_message: `login ${secret}`, _list: JSON.stringify([secret]) })}\n`
    expect(mask.isHeldBy(line)).toBe(true)
    expect(JSON.parse(maskLine(line, mask))).toEqual({
      version: '1.1',
      host: 'h',
      short_message: 'login [redacted]',
      _list: '["[redacted]"]',
    })
  })

  test('leaves numbers and names as they are, even where their digits are those of a secret', () => {
    const mask = createValueMask(['17672256'])
    const line = '{"timestamp":1767225600.5,"_n":17672256}\n'
    expect(maskLine(line, mask)).toBe(line)
  })

  test('leaves the host as it is, which Graylog needs', () => {
    const mask = createValueMask(['delivery-pod-1'])
    const line = '{"version":"1.1","host":"delivery-pod-1","_pod":"delivery-pod-1"}\n'
    expect(JSON.parse(maskLine(line, mask))).toMatchObject({ host: 'delivery-pod-1', _pod: '[redacted]' })
  })

  test('does not look for values under 8 characters', () => {
    const mask = createValueMask(['1234567'])
    expect(mask.isHeldBy('1234567')).toBe(false)
    expect(mask.apply('1234567')).toBe('1234567')
  })

  test('takes values for text, not for patterns', () => {
    const mask = createValueMask(['a.c(d)[e]*'])
    expect(mask.apply('abc(d)[e]* a.c(d)[e]*')).toBe('abc(d)[e]* [redacted]')
  })

  test('replaces the longer of two values that begin alike', () => {
    expect(createValueMask(['hunter2-1', 'hunter2-1-and-more']).apply('hunter2-1-and-more')).toBe(
      '[redacted]',
    )
  })

  test('looks for values that are added later', () => {
    const mask = createValueMask([])
    mask.add(['late-secret'])
    expect(mask.isHeldBy('{"short_message":"late-secret"}')).toBe(true)
  })
})
