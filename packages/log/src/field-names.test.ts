import { describe, expect, test } from 'vitest'
import { FieldNames } from './field-names.ts'

describe('FieldNames', () => {
  test('keeps names ready, and begins anew when there are too many', () => {
    const names = new FieldNames('_', () => false)
    names.startLine(false)
    const first = names.get('user', undefined)
    for (let index = 0; index < 4000; index++) names.get(`key-${index}`, first)
    names.startLine(false)
    expect(names.get('user', undefined)).toBe(first)

    // Keys that differ only in what is cleaned away must count too.
    for (let index = 0; index < 200; index++) names.get(`user${'!'.repeat(index)}`, undefined)
    names.startLine(false)
    expect(names.get('user', undefined)).not.toBe(first)
  })

  test('cuts names at 128 characters', () => {
    const name = new FieldNames('_', () => false).get('x'.repeat(10_000), undefined)
    expect(name.name).toHaveLength(128)
  })
})
