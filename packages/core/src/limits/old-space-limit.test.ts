import { describe, expect, it } from 'vitest'
import { oldSpaceLimitBytes } from './old-space-limit.ts'

const mebibyte = 1_048_576

describe('oldSpaceLimitBytes', () => {
  it.each([
    ['a flag of the command line', { execArgv: ['--enable-source-maps', '--max-old-space-size=96'] }, 96],
    ['its other spelling', { execArgv: ['--max_old_space_size=96'] }, 96],
    ['NODE_OPTIONS', { nodeOptions: '--no-warnings --max-old-space-size=96' }, 96],
    [
      'the command line before NODE_OPTIONS',
      { execArgv: ['--max-old-space-size=80'], nodeOptions: '--max-old-space-size=96' },
      80,
    ],
    ['the last of two', { execArgv: ['--max-old-space-size=80', '--max-old-space-size=90'] }, 90],
    ['nothing that only looks similar', { execArgv: ['--max-old-space-size-per-isolate=50'] }, 144],
    [
      'a percentage',
      { execArgv: ['--max-old-space-size-percentage=12.5'], memoryBytes: 800 * mebibyte },
      100,
    ],
    [
      'a percentage before a size',
      {
        execArgv: ['--max-old-space-size=80'],
        nodeOptions: '--max_old_space_size_percentage=5',
        memoryBytes: 800 * mebibyte,
      },
      40,
    ],
    [
      'no more than V8 reports for a percentage',
      { execArgv: ['--max-old-space-size-percentage=50'], memoryBytes: 800 * mebibyte },
      144,
    ],
    ['no flag without a number', { execArgv: ['--max-old-space-size=0', '--max-old-space-size=x'] }, 144],
    ['no more than V8 reports', { execArgv: ['--max-old-space-size=4000'] }, 144],
  ])('reads %s', (_name, flags, mebibytes) => {
    const limit = oldSpaceLimitBytes(144 * mebibyte, { execArgv: [], nodeOptions: undefined, ...flags })
    expect(limit).toBe(mebibytes * mebibyte)
  })
})
