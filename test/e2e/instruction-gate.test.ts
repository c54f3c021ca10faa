// What the chassis adds to a request, held in CI. Instructions do not depend on how busy the machine is: those of warm
// processes, by the processor's own counters, repeat within 2 %. Where there are no counters, valgrind counts, whose
// window still holds compilation and collections: two equal runs differ by up to 15 %.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { requireServer } from '@keelson/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { build } from '../../bench/src/build.ts'
import type { Samples } from '../../bench/src/comparison.ts'
import { runCounters } from '../../bench/src/counter-run.ts'
import { runInstructions } from '../../bench/src/instruction-run.ts'
import { stacks, type StackName } from '../../bench/src/stacks.ts'
import { median } from '../../bench/src/statistics.ts'

const perf = requireServer('perf')
const valgrind = requireServer('valgrind')
const hasCounters = perf.available && countsInstructions()

/** Instructions per request ÷ those of bare Fastify at most; `npm run bench` gives the figures with their spread. */
const gates = {
  counters: { keelson: 1.45, 'keelson-no-context': 1.45 },
  valgrind: { keelson: 1.65 },
} as const

const progress = (): void => {}

describe('a request with everything on', { timeout: 900_000 }, () => {
  beforeAll(() => build(AbortSignal.timeout(200_000)))

  it.skipIf(!hasCounters)('needs few instructions more than one of bare Fastify', async ({ signal }) => {
    const samples = await runCounters({ stacks: stacksOf(gates.counters), lives: 1, signal, progress })
    check(samples, ({ user }) => user, gates.counters)
  })

  it.skipIf(hasCounters || !valgrind.available)(
    'needs few instructions more, as far as valgrind can tell',
    async ({ signal }) => {
      const samples = await runInstructions({
        stacks: stacksOf(gates.valgrind),
        lives: 1,
        parallelCount: availableParallelism(),
        signal,
        progress,
      })
      check(samples, (instructions) => instructions, gates.valgrind)
    },
  )
})

function countsInstructions(): boolean {
  const { stderr } = spawnSync('perf', ['stat', '-x,', '-e', 'instructions:u', 'true'], { encoding: 'utf8' })
  return /^\d+,/m.test(stderr)
}

function stacksOf(limits: Readonly<Partial<Record<StackName, number>>>): typeof stacks {
  return stacks.filter(({ name }) => name === 'bare-fastify' || name in limits)
}

function check<Sample>(
  samples: Samples<Sample>,
  instructionsOf: (sample: Sample) => number,
  limits: Readonly<Partial<Record<StackName, number>>>,
): void {
  const perRequest = new Map(
    [...samples].map(([{ name }, values]) => [name, median(values.map(instructionsOf))]),
  )
  const bare = perRequest.get('bare-fastify') ?? Number.NaN
  expect(bare).toBeGreaterThan(10_000)
  for (const [name, most] of Object.entries(limits)) {
    const ratio = (perRequest.get(name as StackName) ?? Number.NaN) / bare // the keys are names of stacks
    process.stdout.write(
      `${name}: ${ratio.toFixed(3)} times the instructions of bare Fastify, at most ${most}\n`,
    )
    expect(ratio, name).toBeLessThanOrEqual(most)
  }
}
