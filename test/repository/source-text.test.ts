import { describe, expect, it } from 'vitest'
import { findImports } from '../../scripts/module-imports.ts'
import { readSource } from '../../scripts/source-text.ts'

describe('readSource', () => {
  it('blanks comments and keeps every position', () => {
    const text = "const a = 1 // one\n/* two\nlines */ const b = 'x // no comment'\n"
    const { code } = readSource(text)
    expect(code).toHaveLength(text.length)
    expect(code).toBe("const a = 1       \n      \n         const b = 'x // no comment'\n")
  })

  it('blanks what is between quotes and keeps the quotes', () => {
    expect(readSource("f('a{b')").bare).toBe("f('   ')")
  })

  it('reads strings with their lines, escapes included', () => {
    expect(readSource("a('x')\nb(\"it's\", 'it\\'s')").strings).toEqual([
      { value: 'x', line: 1 },
      { value: "it's", line: 2 },
      { value: "it\\'s", line: 2 },
    ])
  })

  it('finds its way out of nested templates', () => {
    const { strings } = readSource("const a = `x${f({ b: `y${'z'}` })}w`; const c = 'end'")
    expect(strings.at(-1)?.value).toBe('end')
    expect(strings.map(({ value }) => value)).toContain('z')
  })

  it('takes a quote in a regular expression for no string, and a division for no expression', () => {
    expect(readSource(`const a = /['"/]/.test(b)\nconst c = 'x'`).strings).toEqual([{ value: 'x', line: 2 }])
    expect(readSource(`const a = b / c; const d = 'x' // e / f`).strings).toEqual([{ value: 'x', line: 1 }])
  })
})

describe('findImports', () => {
  it('finds every form of import and tells types from values', () => {
    const text = `import a, { b } from './a.ts'
import type { C } from 'c'
import { type D, e } from "d"
import 'effect'
export { f } from './f.ts'
export type { G } from './g.ts'
import {
  h,
} from './h.ts'
const late = await import('late')
import * as all from 'all'
`
    expect(
      findImports(text).map(
        ({ specifier, line, typeOnly }) => `${line} ${specifier}${typeOnly ? ' type' : ''}`,
      ),
    ).toEqual([
      '1 ./a.ts',
      '2 c type',
      '3 d',
      '4 effect',
      '5 ./f.ts',
      '6 ./g.ts type',
      '7 ./h.ts',
      '10 late',
      '11 all',
    ])
  })

  it('takes nothing from code that only looks like an import', () => {
    expect(
      findImports(
        "export const from = 'x'\nexport function f(): string {\n  return 'y'\n}\nmeta.import('z')\n",
      ),
    ).toEqual([])
  })
})
