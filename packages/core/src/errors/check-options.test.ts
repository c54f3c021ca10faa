import { describe, expect, it } from 'vitest'
import { checkOptions, optionRules } from './check-options.ts'

interface Options {
  readonly count?: number
  readonly ratio?: number
  readonly name?: string
  readonly mode?: string
}

const rules = {
  count: optionRules.number({ min: 0, max: 10, integer: true }),
  ratio: optionRules.number({ above: 0, max: 1 }),
  name: optionRules.string,
  mode: optionRules.oneOf('a', 'b'),
}

function check(options: unknown): void {
  checkOptions('KEELSON_TEST_OPTIONS_INVALID', 'test', options as Options, rules) // mistakes are the point
}

describe('checkOptions', () => {
  it('takes options within their ranges, and absent ones', () => {
    expect(() => check({ count: 10, ratio: 1, name: 'x', mode: 'a' })).not.toThrow()
    expect(() => check({ count: undefined })).not.toThrow()
    expect(() => check({})).not.toThrow()
  })

  it.each([
    [{ count: 11 }, 'test.count'],
    [{ count: 1.5 }, 'test.count'],
    [{ count: Number.NaN }, 'test.count'],
    [{ count: '3' }, 'test.count'],
    [{ ratio: 0 }, 'test.ratio'],
    [{ name: ' ' }, 'test.name'],
    [{ mode: 'c' }, 'test.mode'],
    [{ cuont: 1 }, 'test.cuont'],
    [{ toString: 1 }, 'test.toString'],
  ])('refuses %j and names %s', (options, path) => {
    expect(() => check(options)).toThrow(
      expect.objectContaining({
        code: 'KEELSON_TEST_OPTIONS_INVALID',
        details: expect.objectContaining({ path }),
      }),
    )
  })

  it('never shows a text, which may be a secret', () => {
    expect(() => check({ mode: 'hunter2' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
    )
  })

  it.each([null, 7])('refuses %s in place of options', (options) => {
    expect(() => check(options)).toThrow(expect.objectContaining({ code: 'KEELSON_TEST_OPTIONS_INVALID' }))
  })
})
