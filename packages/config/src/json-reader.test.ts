import { describe, expect, it } from 'vitest'
import { plainValue, readJson } from './json-reader.ts'

function problemsOf(text: string): readonly string[] {
  return readJson(text).problems.map(({ line, problem }) => `${line}: ${problem}`)
}

describe('readJson', () => {
  it('reads what JSON.parse reads', () => {
    const text = '{ "a": [1, -2.5e3, true, false, null, "x\\n\\u00e9\\ud83d\\ude00"], "b": {}, "": [] }'
    const { root, problems } = readJson(text)
    expect(problems).toEqual([])
    expect(root && plainValue(root)).toEqual(JSON.parse(text))
  })

  it('keeps the line of every value', () => {
    const { root } = readJson('{\n  "a": 1,\r\n  "b": {\n    "c":\n      "x" }\n}')
    const b = root?.kind === 'object' ? root.members.get('b') : undefined
    expect(b?.line).toBe(3)
    expect(b?.kind === 'object' ? b.members.get('c')?.line : undefined).toBe(5)
  })

  it('skips a byte order mark', () => {
    expect(problemsOf('\uFEFF{}')).toEqual([])
  })

  it.each([
    ['', '1: is empty; the least is {}'],
    ['{\n "a": 1,\n}', '3: has a comma before the end; JSON has no trailing commas'],
    ['[1,]', '1: has a comma before the end; JSON has no trailing commas'],
    ['{\n // why\n "a": 1 }', '2: has a comment; JSON has none'],
    ['{ "a": 1 } /* x */', '1: has a comment; JSON has none'],
    ['# x', '1: has a comment; JSON has none'],
    ["{ 'a': 1 }", '1: has "\'" where a key in double quotes should be'],
    ['{ "a" 1 }', '1: has "1" where a colon should be'],
    ['{ "a": 1 "b": 2 }', '1: has "\\"" where a comma or } should be'],
    ['{ "a": ', '1: has the end of the text where a value should be'],
    ['{} {}', '1: has "{" after the end of the value'],
    ['{ "a": yes }', '1: has a value that is no JSON; texts need double quotes'],
    ['[01]', '1: has a value that is no JSON; texts need double quotes'],
    ['[1.]', '1: has a value that is no JSON; texts need double quotes'],
    ['[NaN]', '1: has a value that is no JSON; texts need double quotes'],
    ['[1e999]', '1: has a number too large for a double'],
    ['"abc', '1: has a text without its closing quote'],
    ['"a\nb"', '1: has a text without its closing quote'],
    ['"\\x"', '1: has a text with an unknown escape or a control character'],
    ['"\\', '1: has a text without its closing quote'],
  ])('refuses %j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
    expect(readJson(text).root).toBeUndefined()
  })

  it('finds every key that is there twice or reaches a prototype, and reads on', () => {
    const text = '{\n"a": 1,\n"a": 2,\n"__proto__": { "x": 1 },\n"b": { "constructor": 1, "prototype": 2 }\n}'
    expect(problemsOf(text)).toEqual([
      '3: has the key "a" twice, first on line 2',
      '4: has the key __proto__, which could reach a prototype',
      '5: has the key constructor, which could reach a prototype',
      '5: has the key prototype, which could reach a prototype',
    ])
    const { root } = readJson(text)
    expect(root && plainValue(root)).toEqual({ a: 1, b: {} })
  })

  it('finds a key twice that is written with an escape', () => {
    expect(problemsOf('{"a":1,"\\u0061":2}')).toHaveLength(1)
  })

  it('takes 20 levels and no more', () => {
    expect(problemsOf(`${'['.repeat(20)}${']'.repeat(20)}`)).toEqual([])
    expect(problemsOf(`${'['.repeat(21)}${']'.repeat(21)}`)).toEqual(['1: is nested deeper than 20 levels'])
    expect(problemsOf('['.repeat(500_000))).toEqual(['1: is nested deeper than 20 levels'])
  })

  it('takes 1 MiB of bytes and no more', () => {
    expect(problemsOf(`"${'x'.repeat(1_048_574)}"`)).toEqual([])
    expect(problemsOf(`"${'x'.repeat(1_048_575)}"`)).toEqual(['1: is larger than 1 MiB'])
    expect(problemsOf(`"${'é'.repeat(524_288)}"`)).toEqual(['1: is larger than 1 MiB'])
  })
})
