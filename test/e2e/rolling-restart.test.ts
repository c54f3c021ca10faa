import { requireServer } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { replicaStacks } from '../../bench/src/restarts/replica-stacks.ts'
import { rollReplicas, type RestartResult } from '../../bench/src/restarts/rolling-restart.ts'
import type { FrontName } from '../../bench/src/restarts/front.ts'

// The trial of `npm run bench -- restarts` in small: a drain delay of 3 s instead of 5 s. The balancer learns of the stop after 1.2 s at
// the latest, by this process, which others may keep from its core for a while.
const restarts = 3

const nginx = requireServer('nginx')
const haproxy = requireServer('haproxy')

// At the same time: each front has replicas and clients of its own, and mostly waits.
describe.concurrent('a rolling restart of three replicas under load', () => {
  it('loses no request of callers that connect to the replicas', async ({ signal }) => {
    expectNothingLost(await roll(signal, 'direct'))
  })

  it.skipIf(!nginx.available)('loses no request behind nginx', async ({ signal }) => {
    expectNothingLost(await roll(signal, 'nginx'))
  })

  it.skipIf(!nginx.available)(
    'loses no request behind nginx that keeps its connections',
    async ({ signal }) => {
      expectNothingLost(await roll(signal, 'nginx-service'))
    },
  )

  it.skipIf(!haproxy.available)('loses no request behind HAProxy', async ({ signal }) => {
    expectNothingLost(await roll(signal, 'haproxy'))
  })
})

/** @param signal aborted when the test is over before its time: no process is left behind */
function roll(signal: AbortSignal, front: FrontName): Promise<RestartResult> {
  const stack = replicaStacks.find(({ name }) => name === 'keelson')
  if (stack === undefined) throw new Error('The bench has no stack called keelson.')
  return rollReplicas({
    // What admission refuses where the machine is busy is no request that a restart has lost.
    stack: { ...stack, waitEnv: (waitMs) => ({ ...stack.waitEnv(waitMs), ADMISSION__BACKLOG: '0' }) },
    front,
    restarts,
    waitMs: 3_000,
    takenAfterMs: [200, 1_200],
    delayMs: 1,
    killAfterMs: 30_000,
    nodeFlags: ['--conditions=keelson-source'],
    signal,
  })
}

function expectNothingLost({ requests, failures, ends }: RestartResult): void {
  expect(Object.fromEntries(failures)).toEqual({})
  expect(Object.fromEntries(ends)).toEqual({ 'exit 0': restarts })
  // Each of 24 callers, many times over: the restarts were under load.
  expect(requests).toBeGreaterThan(24 * 10)
}
