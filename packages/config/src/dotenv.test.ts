import { describe, expect, it } from 'vitest'
import { readDotenv } from './dotenv.ts'

describe('readDotenv', () => {
  it('reads bare and quoted values, comments and export', () => {
    const content = [
      '# comment',
      'A=1',
      'export B = two words # comment',
      'C="x # y\\n\\"z\\""  # comment',
      "D='$A \\n'",
      'E=',
      'F=a#b',
      'G=#x',
      '',
    ].join('\r\n')
    const { variables, faults } = readDotenv(content, '.env')
    expect(faults).toEqual([])
    expect(Object.fromEntries([...variables].map(([name, { text }]) => [name, text]))).toEqual({
      A: '1',
      B: 'two words',
      C: 'x # y\n"z"',
      D: '$A \\n',
      E: '',
      F: 'a#b',
      G: '',
    })
    expect(variables.get('B')?.line).toBe(3)
  })

  it('refuses every other line by its number, without repeating it', () => {
    const { faults } = readDotenv('A=1\nhunter2\nB="open\nC D=1', '.env')
    expect(faults.map((fault) => fault.origin)).toEqual(['.env:2', '.env:3', '.env:4'])
    expect(JSON.stringify(faults)).not.toContain('hunter2')
  })
})
