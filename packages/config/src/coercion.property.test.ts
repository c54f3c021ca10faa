import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fixedSource } from '../test/sources.ts'
import { compileFormat } from './compile-format.ts'
import { isKeelsonError } from '@keelson/core/errors'
import { createConfig } from './config.ts'
import { readDotenv } from './dotenv.ts'
import { plainValue, readJson } from './json-reader.ts'
import type { Format } from './schema.ts'

// Few enough to stay quick among the unit tests; KEELSON_PROPERTY_RUNS multiplies them. A fixed seed keeps a failure
// repeatable.
const times = Number(process.env['KEELSON_PROPERTY_RUNS'] ?? 1)
const runs = { numRuns: 1_000 * times, seed: 20_261_122 }
const longTestMs = 5_000 * Math.max(1, times)

const names = 'string integer nat number boolean duration bytes url port regexp array map object *'
const formats: readonly Format[] = [...names.split(' '), ['a', 'b'], [1, 2]]

const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.json(),
  fc.constantFrom(
    '__proto__',
    'constructor',
    '{"__proto__":{"polluted":1}}',
    '0x10',
    '1e309',
    ' 1',
    '-0',
    '٣',
  ),
  fc.double().map(String),
  fc.bigInt().map(String),
)

const hostileValue = fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true, withMap: true })

describe('coercion of generated values', { timeout: longTestMs }, () => {
  it('answers every text, never with NaN, Infinity or a half-read number', () => {
    fc.assert(
      fc.property(fc.constantFrom(...formats), hostileText, (format, text) => {
        const coerced = compileFormat(format, undefined, {}).fromText(text)
        if (!coerced.ok || typeof coerced.value !== 'number') return
        expect(Number.isFinite(coerced.value)).toBe(true)
        expect(text.trim()).toBe(text)
      }),
      { ...runs, numRuns: 3_000 * times },
    )
  })

  it('answers every value', () => {
    fc.assert(
      fc.property(fc.constantFrom(...formats), hostileValue, (format, value) => {
        expect(typeof compileFormat(format, 'integer', {}).fromValue(value).ok).toBe('boolean')
      }),
      { ...runs, numRuns: 3_000 * times },
    )
  })

  it('reads an integer back that it was given as text', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const coerced = compileFormat('integer', undefined, {}).fromText(String(value))
        expect(coerced).toEqual({ ok: true, value })
      }),
      runs,
    )
  })
})

describe('JSON of generated texts', { timeout: longTestMs }, () => {
  it('gives what JSON.parse gives, or a problem', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const { root, problems } = readJson(text)
        if (problems.length > 0 || root === undefined) return
        expect(plainValue(root)).toEqual(JSON.parse(text))
      }),
      { ...runs, numRuns: 3_000 * times },
    )
  })

  it('reads whatever JSON.stringify writes, unless it is too deep or reaches a prototype', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.nat(3), (value, indent) => {
        const { root, problems } = readJson(JSON.stringify(value, null, indent))
        if (problems.length > 0) {
          expect(JSON.stringify(value)).toMatch(/"(__proto__|constructor|prototype)":/)
        } else {
          expect(root && plainValue(root)).toEqual(JSON.parse(JSON.stringify(value)))
        }
      }),
      runs,
    )
  })
})

describe('.env of generated texts', { timeout: longTestMs }, () => {
  it('answers every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(readDotenv(text, '.env').variables).toBeInstanceOf(Map)
      }),
      runs,
    )
  })
})

describe('createConfig on generated environments and arguments', { timeout: longTestMs }, () => {
  const schema = {
    a: { format: 'integer', default: 1 },
    b: { format: 'map', default: {} },
    c: { format: 'object', default: {} },
    d: { format: 'array', default: [] },
    e: { format: 'string', default: '', sensitive: true },
    g: { format: z.object({ host: z.string().optional() }), default: {}, env: { host: 'G_HOST' } },
  } as const
  const remoteKeys = ['a', 'b', 'c', 'd', 'e', 'g', 'g.host', '__proto__.polluted', 'g.constructor.polluted']

  it('gives a configuration or one KeelsonError, and pollutes no prototype', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('A', 'B', 'C', 'D', 'E', 'A__B', 'G_HOST', '__proto__'), hostileText),
        fc.array(fc.oneof(fc.constantFrom('--set', '--', '--set=a=1', 'b={"x":"y"}'), hostileText)),
        fc.dictionary(fc.oneof(fc.constantFrom(...remoteKeys), hostileText), hostileText),
        async (env, argv, remote) => {
          try {
            const sources = [fixedSource(remote)]
            const config = await createConfig({ service: 'generated', schema, env, argv, sources })
            expect(Number.isSafeInteger(config.current.a)).toBe(true)
          } catch (error) {
            expect(isKeelsonError(error, 'KEELSON_CONFIG_INVALID')).toBe(true)
          }
          expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
        },
      ),
      { ...runs, numRuns: 300 * times },
    )
  })
})
