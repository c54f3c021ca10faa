import { createFakeClock, type FakeClock } from '@keelson/testing'
import { afterEach, beforeAll, expect } from 'vitest'
import type { Attempt } from '../src/attempt.ts'
import { createPipeline } from '../src/pipeline.ts'
import type { Pipeline, PipelineCall, PipelineOptions } from '../src/pipeline-types.ts'
import { names } from './breaker-trial.ts'

/** Pipelines on a clock that stands still. */
export interface PipelineTrial {
  readonly clock: FakeClock
  /** Makes a pipeline without jitter; it is closed when the test ends. */
  readonly make: (options?: Partial<PipelineOptions>) => Pipeline
  /** Makes a call and moves time on until it has ended; gives its result or error. */
  readonly settle: (
    pipeline: Pipeline,
    operation: (attempt: Attempt) => Promise<unknown>,
    call?: PipelineCall<unknown>,
  ) => Promise<unknown>
}

/** Sets up the tests of the file that it is called in; each of them must leave no timer behind. */
export function pipelineTrial(): PipelineTrial {
  const clock = createFakeClock()
  const pipelines: Pipeline[] = []

  // Loading takes real time, in which these tests would move their clock past every deadline.
  beforeAll(() => import('../src/opossum-adapter.ts'))
  afterEach(async () => {
    for (const pipeline of pipelines.splice(0)) await pipeline.close()
    expect(clock.pendingCount, 'timers left behind').toBe(0)
  })

  return {
    clock,
    make(options = {}) {
      const pipeline = createPipeline({ ...names, clock, random: () => 0.5, ...options })
      pipelines.push(pipeline)
      return pipeline
    },
    async settle(pipeline, operation, call = {}) {
      const ended: unknown[] = []
      const end = (value: unknown) => ended.push(value)
      void pipeline.run(operation, call).then(end, end)
      for (let step = 0; step < 1_000 && ended.length === 0; step++) await clock.advance(10)
      return ended[0]
    },
  }
}
