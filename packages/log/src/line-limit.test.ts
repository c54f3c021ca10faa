import { checkGelfLine } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { limitLine, maxLineBytes } from './line-limit.ts'

const base = {
  version: '1.1',
  host: 'h',
  _service: 'demo',
  level: 6,
  timestamp: 1_767_225_600.5,
  short_message: 'm',
}

function limited(fields: Record<string, string | number>): Record<string, string | number> {
  const line = limitLine(`${JSON.stringify({ ...base, ...fields })}\n`, '_')
  expect(checkGelfLine(line)).toEqual([])
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(maxLineBytes)
  return JSON.parse(line) as Record<string, string | number> // checked above
}

describe('limitLine', () => {
  test('cuts the longest values to one length and leaves short ones whole', () => {
    const fields = limited({ _a: 'a'.repeat(20_000), _b: 'b'.repeat(30_000), _c: 'c'.repeat(1000) })
    expect(fields['_c']).toHaveLength(1000)
    expect(String(fields['_a']).length).toBe(String(fields['_b']).length)
    expect(String(fields['_a']).length).toBeGreaterThan(7000)
  })

  test('counts the bytes that are missing', () => {
    const fields = limited({ _a: 'a'.repeat(20_000) })
    expect(fields['_truncated']).toBe(20_000 - String(fields['_a']).length)
  })

  test('adds to what was cut before', () => {
    const fields = limited({ _a: 'a'.repeat(20_000), _truncated: 500 })
    expect(fields['_truncated']).toBeGreaterThan(4500)
  })

  test('counts bytes as JSON and UTF-8 write them', () => {
    expect(String(limited({ _a: '\u0001'.repeat(5000) })['_a']).replaceAll('\u0001', 'x')).toMatch(
      /^x{2500,2700}$/,
    )
    expect(String(limited({ _a: '€'.repeat(9000) })['_a'])).toMatch(/^€{5000,5300}$/)
  })

  test('leaves out fields from the end when cutting values is not enough, and says how many', () => {
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`_field_${index}_${'x'.repeat(90)}`, 'v'.repeat(64)]),
    )
    const fields = limited({ ...many, _request_id: 'kept' })
    const left = Object.keys(fields).filter((name) => name.startsWith('_field_')).length
    expect(left).toBeGreaterThan(50)
    expect(fields['_fields_dropped']).toBe(200 - left)
    expect(fields['_request_id']).toBe('kept')
    expect(fields['_field_0_'.concat('x'.repeat(90))]).toBeDefined()
  })

  test('leaves fields out rather than cut their values below 64 bytes', () => {
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`_field_${index}_${'x'.repeat(40)}`, 'v'.repeat(100)]),
    )
    const fields = limited(many)
    const values = Object.values(fields).filter((value) => /^v+$/.test(String(value)))
    expect(new Set(values)).toEqual(new Set(['v'.repeat(64)]))
    expect(fields['_fields_dropped']).toBe(200 - values.length)
  })
})
