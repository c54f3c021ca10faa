import { describe, expect, it } from 'vitest'
import { readLogOptions } from '../../bench/src/log/command.ts'
import { readOptions } from '../../bench/src/options.ts'

describe('readOptions', () => {
  it('measures HTTP and instructions of every stack in ten rounds when nothing is asked for', () => {
    expect(readOptions([])).toMatchObject({ runs: ['http', 'instructions'], rounds: 10, seconds: 2 })
    expect(readOptions([])?.stacks.map(({ name }) => name)).toEqual([
      'bare-fastify',
      'keelson',
      'usual-plugins',
    ])
  })

  it('always runs the baseline, since a figure without its ratio says nothing', () => {
    const options = readOptions(['http', '--stacks', 'keelson'])
    expect(options?.stacks.map(({ name }) => name)).toEqual(['bare-fastify', 'keelson'])
  })

  it.each([
    ['a run', ['latency'], 'latency'],
    ['a stack', ['--stacks', 'express'], 'express'],
    ['a number', ['--rounds', 'many'], '--rounds'],
    ['a count', ['--seconds', '0'], '--seconds'],
    ['an option', ['--round', '3'], '--round'],
  ])('names %s that it does not know', (_, args, word) => {
    expect(() => readOptions(args)).toThrow(word)
  })

  it('measures nothing when the help is asked for', () => {
    expect(readOptions(['--help'])).toBeUndefined()
  })
})

describe('readLogOptions', () => {
  it('measures every kind of line to both outputs, and the shipping, in five rounds when nothing is asked for', () => {
    expect(readLogOptions([])).toEqual({
      rounds: 5,
      lines: 200_000,
      works: ['text', 'fields', 'nested', 'request', 'error', 'access'],
      outputs: ['/dev/null', 'pipe'],
      shipping: true,
      markdown: false,
    })
    expect(readLogOptions(['--works', 'none', '--no-shipping'])).toMatchObject({ works: [], shipping: false })
  })

  it.each([
    ['a kind of line', ['--works', 'text,poem'], 'poem'],
    ['an output', ['--outputs', 'file'], 'file'],
    ['a number', ['--rounds', '0'], '--rounds'],
    ['an option', ['--line', '3'], '--line'],
  ])('names %s that it does not know', (_, args, word) => {
    expect(() => readLogOptions(args)).toThrow(word)
  })

  it('measures nothing when the help is asked for', () => {
    expect(readLogOptions(['--help'])).toBeUndefined()
  })
})
