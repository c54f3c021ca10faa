import { describe, expect, test } from 'vitest'
import { cutToJsonBytes, quote, quoteless } from './json-text.ts'

const texts = [
  'plain',
  '',
  'a "b" \\ c',
  'line\nbreak\tand \u0000\u001f',
  'größe',
  '😀',
  '\ud83d',
  'x\udc00y',
  '\u2028\u007f',
]

describe('quote', () => {
  test.each(texts)('writes %j as JSON does', (text) => {
    expect(quote(text)).toBe(JSON.stringify(text))
    expect(quoteless(text)).toBe(JSON.stringify(text).slice(1, -1))
  })
})

describe('cutToJsonBytes', () => {
  test.each(texts)(
    'leaves %j whole when its JSON form fits exactly, and cuts it by one byte less',
    (text) => {
      const bytes = Buffer.byteLength(JSON.stringify(text)) - 2
      expect(cutToJsonBytes(text, bytes)).toBe(text)
      if (text !== '') expect(cutToJsonBytes(text, bytes - 1).length).toBeLessThan(text.length)
    },
  )

  test('never ends within a surrogate pair, nor within the bytes of a character', () => {
    for (let bytes = 0; bytes <= 12; bytes++) {
      const cut = cutToJsonBytes('é😀é😀', bytes)
      expect(cut.isWellFormed()).toBe(true)
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes)
    }
    expect(cutToJsonBytes('é😀é', 5)).toBe('é')
  })
})
