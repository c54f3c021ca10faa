import { describe, expect, it } from 'vitest'
import { requestIdOf, requestIdRejection } from './request-id.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('requestIdOf', () => {
  it.each([
    'abc-1',
    'a',
    '0b2f3a2e-6f0e-4f4e-9d53-3c5b6d1f8a11',
    '01JABCDEFGHJKMNPQRSTVWXYZ0',
    'Root=1-67891233-abcdef012345678912345678',
    'a'.repeat(128),
  ])('keeps %s', (id) => {
    expect(requestIdOf(id)).toBe(id)
  })

  it.each([
    ['nothing', undefined],
    ['an empty one', ''],
    ['129 characters', 'a'.repeat(129)],
    ['10 kB', 'a'.repeat(10_240)],
    ['a line break', 'abc\r\nset-cookie: x=1'],
    ['a trailing line break', 'abc\n'],
    ['quotes', 'abc"def'],
    ['a blank', 'abc def'],
    ['two headers, as Node joins them', 'abc, def'],
    ['a list', ['abc', 'def']],
    ['a leading punctuation mark', '-abc'],
    ['other scripts', 'é'],
    ['a control character', 'abc\u0000'],
  ])('replaces %s by a new UUID', (_name, header) => {
    expect(requestIdOf(header)).toMatch(uuid)
  })
})

describe('requestIdRejection', () => {
  it.each([
    [undefined, undefined],
    ['abc-1', undefined],
    ['a'.repeat(128), undefined],
    ['', 'length'],
    ['a'.repeat(129), 'length'],
    ['"'.repeat(129), 'length'],
    ['abc"def', 'charset'],
    ['-abc', 'charset'],
    ['{"a":1,"b":2}', 'charset'],
    [',', 'charset'],
    ['abc ', 'charset'],
    ['abc, def', 'multiple'],
    [`${'a'.repeat(128)}, b`, 'multiple'],
    [['abc', 'def'], 'multiple'],
  ])('says of %j: %s', (header, reason) => {
    expect(requestIdRejection(header, requestIdOf(header))).toBe(reason)
  })
})
