import { describe, expect, it } from 'vitest'
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
