import { describe, expect, test } from 'vitest'
import { boundText, headerText, labelText, numberText, sampleText } from './exposition.ts'

describe('labelText', () => {
  test('escapes backslash, quote and line feed in values', () => {
    expect(labelText(['a', 'b'], ['x\\y"z', 'one\ntwo'])).toBe('a="x\\\\y\\"z",b="one\\ntwo"')
  })
})

describe('sampleText', () => {
  test('writes no braces without labels', () => {
    expect(sampleText('up', '')).toBe('up ')
    expect(sampleText('up', 'a="b"')).toBe('up{a="b"} ')
  })
})

describe('headerText', () => {
  test('keeps _total of a counter in text and drops it in OpenMetrics', () => {
    expect(headerText('text', 'a_total', 'counter', 'A.')).toBe('# HELP a_total A.\n# TYPE a_total counter\n')
    expect(headerText('openmetrics', 'a_total', 'counter', 'A.')).toBe('# HELP a A.\n# TYPE a counter\n')
  })

  test('calls what is of no known type untyped in text and unknown in OpenMetrics', () => {
    expect(headerText('text', 'a', 'unknown', 'A.')).toContain('# TYPE a untyped')
    expect(headerText('openmetrics', 'a', 'unknown', 'A.')).toContain('# TYPE a unknown')
  })

  test('keeps a help text with a line feed on one line', () => {
    expect(headerText('text', 'a', 'gauge', 'one\ntwo\\').split('\n')).toHaveLength(3)
    expect(headerText('openmetrics', 'a', 'gauge', 'one\n"two"')).toContain('one\\n\\"two\\"')
  })
})

describe('numberText', () => {
  test('writes what is not finite as Prometheus reads it', () => {
    expect([1.5, Number.NaN, Infinity, -Infinity, 1e21].map(numberText)).toEqual([
      '1.5',
      'NaN',
      '+Inf',
      '-Inf',
      '1e+21',
    ])
  })
})

describe('boundText', () => {
  test('gives whole bounds a point, as OpenMetrics asks', () => {
    expect([0.005, 1, 10, Infinity].map(boundText)).toEqual(['0.005', '1.0', '10.0', '+Inf'])
  })
})
