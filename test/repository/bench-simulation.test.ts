import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { summary } from '../../bench/src/simulation/summary.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/** Scenarios with time-outs, ejection, breakers and their ramp, second attempts, and a seed that is not the first of the process. */
const choice = ['--json', '--only', 'black hole', '--policy', 'keelson', '--seeds', '2']

async function simulateInProcess(...nodeOptions: readonly string[]): Promise<string> {
  const program = ['--conditions=keelson-source', 'bench/src/simulation/main.ts', ...choice]
  return (await run(process.execPath, [...nodeOptions, ...program], { cwd: root })).stdout
}

describe('the simulation of calls', () => {
  it('gives the same figures, to the last digit, in every process', async () => {
    // Without the optimizing compiler, so that neither timing nor what is compiled when may play a part.
    const [one, other] = await Promise.all([simulateInProcess(), simulateInProcess('--no-opt')])
    expect(other).toBe(one)
    const lines = one.trim().split('\n')
    expect(lines).toHaveLength(2 * 2 * 2)
    expect(new Set(lines)).toHaveLength(lines.length)
    for (const line of lines) {
      const { phases } = JSON.parse(line) as { phases: { callCount: number }[] } // printed by the bench
      for (const { callCount } of phases) expect(callCount).toBeGreaterThan(100)
    }
  })
})

const holds = (value: number) => value >= 0.5

describe('summary', () => {
  it('shows the values of a few seeds', () => {
    expect(summary([0.5, 0.25], holds)).toBe('0.500, 0.250')
  })

  it('shows mean, range and misses of many', () => {
    expect(summary([0.25, 0.5, 0.5, 0.5, 0.75, 0.5], holds)).toBe('0.5000 (0.250–0.750), 1 of 6 miss')
  })
})
