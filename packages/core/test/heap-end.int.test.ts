import { totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { startProcess } from '@keelson/testing'
import { describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('./heap-end-show.ts', import.meta.url))

/** A percentage that is 64 MiB on a machine or in a container of any size; Node takes fractions. */
const percentage = (6_400 * 1_048_576) / Math.min(process.constrainedMemory() || Infinity, totalmem())

describe('oldSpaceLimitBytes of a process that leaks', () => {
  const flagsOfSize: readonly (readonly [name: string, flags: readonly string[]])[] = [
    ['a size', ['--max-old-space-size=64', '--max-semi-space-size=1']],
    ['a larger size', ['--max-old-space-size=128', '--max-semi-space-size=2']],
  ]
  // Not every Node that is supported knows it.
  const flagsOfPercentage: typeof flagsOfSize = process.allowedNodeEnvironmentFlags.has(
    '--max-old-space-size-percentage',
  )
    ? [
        [
          'a percentage',
          [`--max-old-space-size-percentage=${percentage.toFixed(3)}`, '--max-semi-space-size=1'],
        ],
      ]
    : []

  it.each([...flagsOfSize, ...flagsOfPercentage])('is where V8 ends it: %s', async (_name, flags) => {
    await using leaking = startProcess({
      command: [process.execPath, '--conditions=keelson-source', ...flags, program],
    })
    const { code, signal } = await leaking.exited()
    expect(code === 134 || signal === 'SIGABRT', 'V8 gave up').toBe(true)
    const last = JSON.parse(leaking.stdout.at(-1) ?? '{}') as { readonly own: number } // what the program writes
    // The rest was added since it last told, or was young still: hence the small young generations.
    expect(last.own).toBeGreaterThan(0.85)
    expect(last.own).toBeLessThan(1.05)
  })

  it('tells of an end that the limit which V8 reports does not foresee', async () => {
    await using leaking = startProcess({
      command: [
        process.execPath,
        '--conditions=keelson-source',
        '--max-old-space-size=64',
        '--max-semi-space-size=64',
        program,
      ],
    })
    await leaking.exited()
    const last = JSON.parse(leaking.stdout.at(-1) ?? '{}') as { readonly reported: number } // what the program writes
    expect(last.reported).toBeLessThan(0.5)
  })
})
