import { defineConfig } from 'vitest/config'

// Sources run without a build: the first condition of every package's `exports` points at `src/`.
const resolve = { conditions: ['keelson-source'] }
const ssr = { resolve: { conditions: ['keelson-source'], externalConditions: ['keelson-source'] } }
const exclude = ['**/node_modules/**', '**/dist/**']

// Real processes and sockets on two cores that others use too: in CI such a test is tried a second time, and shown as retried.
// At home it is not: whoever changes something sees the first answer.
const retry = process.env['CI'] === undefined ? 0 : 1

// Unless told otherwise, `expect.poll` waits one second, which a busy machine needs for a single process to start. This one is a
// bound for hangs.
const poll = { timeout: 20_000, interval: 20 }

function project(
  name: string,
  include: string[],
  timeouts: { testTimeout: number; hookTimeout: number; retry?: number },
) {
  return {
    resolve,
    ssr,
    test: { name, include, exclude, environment: 'node' as const, expect: { poll }, ...timeouts },
  }
}

export default defineConfig({
  test: {
    // Two cores: more workers only make processes under test wait for each other.
    maxWorkers: 2,
    projects: [
      project('unit', ['packages/*/src/**/*.test.ts'], { testTimeout: 30_000, hookTimeout: 30_000 }),
      project('integration', ['packages/*/test/**/*.int.test.ts'], {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        retry,
      }),
      project('repository', ['test/**/*.test.ts', 'examples/**/test/*.test.ts'], {
        testTimeout: 240_000,
        hookTimeout: 240_000,
        retry,
      }),
    ],
  },
})
