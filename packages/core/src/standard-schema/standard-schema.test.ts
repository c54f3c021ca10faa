import * as valibot from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { describeIssue, isStandardSchema, type StandardOutput } from './standard-schema.ts'

describe('isStandardSchema', () => {
  it.each([
    ['zod', z.object({ id: z.string() })],
    ['valibot', valibot.object({ id: valibot.string() })],
  ])('knows a schema of %s', (_vendor, schema) => {
    expect(isStandardSchema(schema)).toBe(true)
  })

  it.each([undefined, null, {}, 'string', { '~standard': 1 }])('refuses %s', (value) => {
    expect(isStandardSchema(value)).toBe(false)
  })
})

describe('describeIssue', () => {
  it('names the path, whichever way the schema writes it', () => {
    expect(describeIssue({ message: 'too short', path: ['video', { key: 'id' }, 0] })).toBe(
      'video.id.0: too short',
    )
    expect(describeIssue({ message: 'too short' })).toBe('too short')
  })
})

describe('StandardOutput', () => {
  it('is the type that the schema lets through', () => {
    const schema = z.object({ id: z.string().transform(Number) })
    const value: StandardOutput<typeof schema> = { id: 7 }
    expect(value.id).toBe(7)
  })
})
