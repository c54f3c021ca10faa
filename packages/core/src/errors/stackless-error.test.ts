import { afterEach, describe, expect, it } from 'vitest'
import { isKeelsonError } from './keelson-error.ts'
import { stacklessError } from './stackless-error.ts'

const { stackTraceLimit } = Error

afterEach(() => {
  Error.stackTraceLimit = stackTraceLimit
})

const refused = () =>
  stacklessError('KEELSON_TEST_REFUSED', 'Refused.', { statusCode: 503, details: { of: 'a' } })

describe('stacklessError', () => {
  it('has everything of an error but the frames, and leaves other errors theirs', () => {
    Error.stackTraceLimit = 10
    const error = refused()
    expect(isKeelsonError(error, 'KEELSON_TEST_REFUSED')).toBe(true)
    expect(error).toMatchObject({ message: 'Refused.', statusCode: 503, details: { of: 'a' } })
    expect(error.stack).toMatch(/^KeelsonError: Refused\.$/)
    expect(Error.stackTraceLimit).toBe(10)
    expect(new Error('other').stack).toContain('\n    at ')
  })

  it('has them where more were asked for than usual', () => {
    Error.stackTraceLimit = 50
    expect(refused().stack).toContain('stackless-error.test.ts')
  })
})
