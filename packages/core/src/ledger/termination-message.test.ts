import { describe, expect, it } from 'vitest'
import { cutUtf8 } from './termination-message.ts'

describe('cutUtf8', () => {
  it('leaves a short text alone', () => {
    expect(cutUtf8('grüße', 7).toString()).toBe('grüße')
  })

  it.each(['a', 'ü', '€', '🙂'])('never cuts within a character: %s', (character) => {
    const text = character.repeat(40)
    for (let bound = 0; bound < 30; bound++) {
      const cut = cutUtf8(text, bound)
      expect(cut.length).toBeLessThanOrEqual(bound)
      expect(bound - cut.length).toBeLessThan(Buffer.byteLength(character))
      expect(text.startsWith(cut.toString())).toBe(true)
    }
  })
})
