import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import { GradientLimit } from './gradient-limit.ts'

/** Other ways to refuse requests. */
export type GuardName = 'none' | 'in-flight 16' | 'loop delay' | 'loop delay 1 s' | 'gradient2'

/** Installs them. */
export const guards: Readonly<Record<GuardName, (app: FastifyInstance) => void>> = {
  none() {},
  'in-flight 16': (app) => limitInFlight(app, () => 16),
  'loop delay': (app) => void app.register(underPressure, { maxEventLoopDelay: 100, sampleInterval: 100 }),
  // The plugin's own interval.
  'loop delay 1 s': (app) => void app.register(underPressure, { maxEventLoopDelay: 100 }),
  gradient2(app) {
    const gradient = new GradientLimit()
    limitInFlight(
      app,
      () => gradient.limit,
      (durationMs, inFlight) => gradient.record(durationMs, inFlight),
    )
  },
}

/** The handler begins a turn after the request was read, so that those under way are seen. */
function limitInFlight(
  app: FastifyInstance,
  limit: () => number,
  record: (durationMs: number, inFlight: number) => void = () => {},
): void {
  let inFlight = 0
  app.addHook('onRequest', (_request, reply, done) => {
    if (inFlight >= limit()) {
      void reply.code(503).header('retry-after', '1').send({ shed: true })
      return
    }
    inFlight += 1
    const startedAtMs = performance.now()
    reply.raw.once('close', () => {
      record(performance.now() - startedAtMs, inFlight)
      inFlight -= 1
    })
    setImmediate(done)
  })
}
