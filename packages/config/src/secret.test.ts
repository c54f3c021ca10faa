import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from './secret.ts'

describe('Secret', () => {
  const secret = new Secret('hunter2')

  it('is [redacted] as text, in templates, in sums, in JSON and in inspection', () => {
    expect(String(secret)).toBe('[redacted]')
    expect(secret.toString()).toBe('[redacted]')
    // oxlint-disable-next-line typescript/restrict-template-expressions, typescript/restrict-plus-operands
    expect([`${secret}`, 'a ' + secret]).toEqual(['[redacted]', 'a [redacted]'])
    expect(JSON.stringify({ secret })).toBe('{"secret":"[redacted]"}')
    expect(inspect({ secret }, { showHidden: true })).toContain('secret: [redacted]')
  })

  it('gives its value to whoever asks, and to no enumeration, spread or clone', () => {
    expect(secret.reveal()).toBe('hunter2')
    // oxlint-disable-next-line typescript/no-misused-spread
    const copies = [Object.values(secret), { ...secret }, structuredClone({ secret })]
    expect(copies).toEqual([[], {}, { secret: {} }])
  })

  it('cannot be changed', () => {
    expect(Object.isFrozen(secret)).toBe(true)
  })
})
