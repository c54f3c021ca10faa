// What the chassis adds to a request, held in CI: instructions do not depend on how busy the machine is.
import { availableParallelism } from 'node:os'
import { requireServer } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { build } from '../../bench/src/build.ts'
import { runInstructions } from '../../bench/src/instruction-run.ts'
import { stacks, type StackName } from '../../bench/src/stacks.ts'
import { median } from '../../bench/src/statistics.ts'

const valgrind = requireServer('valgrind')

/** Instructions per request ÷ those of bare Fastify; `npm run bench -- instructions` gives figures with their spread. */
const gates = { keelson: 1.45, 'keelson-no-context': 1.3 } as const

describe.skipIf(!valgrind.available)('a request with everything on', () => {
  it('needs few instructions more than one of bare Fastify', { timeout: 900_000 }, async ({ signal }) => {
    await build(signal)
    const chosen = stacks.filter(({ name }) => name === 'bare-fastify' || name in gates)
    const samples = await runInstructions({
      stacks: chosen,
      lives: 1,
      parallelCount: availableParallelism(),
      signal,
      progress: () => {},
    })
    const perRequest = (name: StackName): number =>
      median([...samples].find(([stack]) => stack.name === name)?.[1] ?? [])
    const bare = perRequest('bare-fastify')
    expect(bare).toBeGreaterThan(10_000)
    for (const [name, gate] of Object.entries(gates)) {
      const ratio = perRequest(name as keyof typeof gates) / bare // keys of the table above
      process.stdout.write(
        `${name}: ${ratio.toFixed(3)} times the instructions of bare Fastify, at most ${gate}\n`,
      )
      expect(ratio, name).toBeLessThanOrEqual(gate)
    }
  })
})
