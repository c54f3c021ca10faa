import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { compileFormat } from './compile-format.ts'
import type { Format } from './schema.ts'

/** The value that a text becomes, or `refused`. */
function read(format: Format, text: string, items?: Format): unknown {
  const coerced = compileFormat(format, items, {}).fromText(text)
  return coerced.ok ? coerced.value : 'refused'
}

describe('compileFormat', () => {
  it.each([
    ['0', 0],
    ['8080', 8080],
    ['-3', -3],
    ['+3', 3],
    ['-0', 0],
    ['9007199254740991', 9_007_199_254_740_991],
    // What convict reads as 8080, 80, 0, 1, 1 and NaN.
    ['8080abc', 'refused'],
    ['80.9', 'refused'],
    ['0x50', 'refused'],
    ['1e3', 'refused'],
    ['1.0', 'refused'],
    ['', 'refused'],
    [' 1', 'refused'],
    ['1\n', 'refused'],
    ['9007199254740992', 'refused'],
    ['NaN', 'refused'],
    ['Infinity', 'refused'],
  ])('reads %j as the integer %s', (text, expected) => {
    expect(read('integer', text)).toBe(expected)
    expect(read('int', text)).toBe(expected)
  })

  it.each([
    ['1.5', 1.5],
    ['.5', 0.5],
    ['-2e3', -2000],
    ['12abc', 'refused'],
    ['1.', 'refused'],
    ['', 'refused'],
    ['NaN', 'refused'],
    ['Infinity', 'refused'],
    ['1e999', 'refused'],
    ['1,5', 'refused'],
    ['0x10', 'refused'],
  ])('reads %j as the number %s', (text, expected) => {
    expect(read('number', text)).toBe(expected)
  })

  it('reads eight words as booleans in any case, and no other', () => {
    expect(['true', '1', 'yes', 'on', 'TRUE', 'Yes'].map((text) => read('boolean', text))).toEqual(
      Array.from({ length: 6 }, () => true),
    )
    expect(['false', '0', 'no', 'off', 'False', 'OFF'].map((text) => read('boolean', text))).toEqual(
      Array.from({ length: 6 }, () => false),
    )
    for (const text of ['', 'FALSE ', 'y', '2', 'enabled', 'constructor', 'null']) {
      expect(read('boolean', text)).toBe('refused')
    }
  })

  it.each([
    ['port', '65535', 65_535],
    ['port', '65536', 'refused'],
    ['port', '-1', 'refused'],
    ['nat', '-1', 'refused'],
    ['nat', '0', 0],
    ['duration', '250ms', 250],
    ['duration', '5s', 5_000],
    ['duration', '1.5m', 90_000],
    ['duration', '1.1s', 1_100],
    ['duration', '2h', 7_200_000],
    ['duration', '1000', 1_000],
    ['duration', '0.5ms', 'refused'],
    ['duration', '-5s', 'refused'],
    ['duration', '5 minutes', 'refused'],
    ['duration', '5constructor', 'refused'],
    ['duration', '', 'refused'],
    ['bytes', '64KiB', 65_536],
    ['bytes', '512Mi', 536_870_912],
    ['bytes', '10MB', 10_000_000],
    ['bytes', '1.5KiB', 1_536],
    ['bytes', '12', 12],
    ['bytes', '1.3B', 'refused'],
    ['bytes', '1Zi', 'refused'],
    ['url', 'http://catalog:8080/x', 'http://catalog:8080/x'],
    ['url', 'localhost:8080', 'refused'],
    ['url', 'catalog', 'refused'],
    ['url', 'http://a b', 'refused'],
    ['string', '', ''],
  ] as const)('reads as %s the text %j: %s', (format, text, expected) => {
    expect(read(format, text)).toBe(expected)
  })

  it('takes typed values of files as they are, and reads texts among them', () => {
    const integer = compileFormat('integer', undefined, {})
    expect(integer.fromValue(5)).toEqual({ ok: true, value: 5 })
    expect(integer.fromValue('5')).toEqual({ ok: true, value: 5 })
    for (const value of [5.5, Number.NaN, Number.POSITIVE_INFINITY, true, null, [5], {}]) {
      expect(integer.fromValue(value).ok).toBe(false)
    }
    expect(compileFormat('boolean', undefined, {}).fromValue(1).ok).toBe(false)
    expect(compileFormat('string', undefined, {}).fromValue(5).ok).toBe(false)
  })

  it('takes one of a closed set, numbers included, and nothing that only looks alike', () => {
    expect(read(['debug', 'info'], 'info')).toBe('info')
    expect(read(['debug', 'info'], 'INFO')).toBe('refused')
    expect(read([1, 2], '2')).toBe(2)
    expect(read([1, 2], '2.0')).toBe('refused')
  })

  it('compiles patterns, and refuses those that are wrong or too long', () => {
    expect(read('regexp', '^a+$')).toEqual(/^a+$/u)
    expect(read('regexp', '(')).toBe('refused')
    expect(read('regexp', 'a'.repeat(1_001))).toBe('refused')
  })

  it('reads lists from JSON or from text with commas', () => {
    expect(read('array', 'a, b ,c')).toEqual(['a', 'b', 'c'])
    expect(read('array', '')).toEqual([])
    expect(read('array', '["a,b","c"]')).toEqual(['a,b', 'c'])
    expect(read('array', '1,2', 'integer')).toEqual([1, 2])
    expect(read('array', '1,x', 'integer')).toBe('refused')
    expect(read('array', '["a"')).toBe('refused')
    expect(compileFormat('array', undefined, {}).fromValue('a,b').ok).toBe(false)
  })

  it('reads maps and objects from JSON, and refuses keys that reach a prototype', () => {
    expect(read('map', '{"a.b":"1","c":null}', 'integer')).toEqual({ 'a.b': 1, c: null })
    expect(read('map', '{"a":"x"}', 'integer')).toBe('refused')
    expect(read('object', '{"a":[1]}')).toEqual({ a: [1] })
    expect(read('object', '[]')).toBe('refused')
    expect(read('object', '{"__proto__":{"polluted":true}}')).toBe('refused')
    expect(read('map', '{"constructor":"x"}')).toBe('refused')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('gives the output of a Standard Schema, trying a text before its value as JSON', () => {
    expect(read(z.number(), '8080')).toBe(8080)
    expect(read(z.string(), '8080')).toBe('8080')
    expect(read(z.object({ a: z.number() }), '{"a":1}')).toEqual({ a: 1 })
    expect(read(z.number(), 'x')).toBe('refused')
    expect(read(v.pipe(v.string(), v.transform(Number)), '5')).toBe(5)
  })

  it('refuses an asynchronous Standard Schema, and one that throws', () => {
    const standard = {
      version: 1,
      vendor: 'test',
      validate: () => Promise.reject(new Error('unseen')),
    } as const
    expect(read({ '~standard': standard }, 'x')).toBe('refused')
    expect(
      read(
        z.string().refine(async () => Promise.resolve(true)),
        'x',
      ),
    ).toBe('refused')
    const throwing = z.string().refine(() => {
      throw new Error('broken')
    })
    expect(read(throwing, 'x')).toBe('refused')
  })
})
