import { createServerDrain } from '@keelson/core/http'
import { installKeelson, keelsonAppOptions, type KeelsonPluginOptions } from '@keelson/fastify'
import { createLog, type Log } from '@keelson/log'
import { createMetrics } from '@keelson/metrics'
import { checkGelfLine } from '@keelson/testing'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { expect } from 'vitest'

/** What {@link closeServed} closes. */
export const opened: (() => Promise<unknown>)[] = []

/** Closes every app that a test has opened. */
export async function closeServed(): Promise<void> {
  for (const close of opened.splice(0).toReversed()) await close()
}

/** Serves routes by an app with everything that the plugin gives, whose lines and metrics can be read. */
export async function serve(
  routes: (app: FastifyInstance) => void,
  options: Partial<KeelsonPluginOptions> = {},
  appOptions: FastifyServerOptions = {},
): Promise<{
  log: Log
  url: string
  port: number
  lines: () => Record<string, unknown>[]
  page: () => Promise<string>
}> {
  const written: string[] = []
  const log = createLog({
    service: 'plugin-test',
    format: 'gelf',
    destination: { write: (line) => void written.push(line) },
  })
  const metrics = createMetrics({ service: 'plugin-test', runtime: false })
  const app = Fastify(keelsonAppOptions(log, appOptions))
  installKeelson(app, {
    service: 'plugin-test',
    log,
    metrics,
    drain: createServerDrain(app.server),
    ...options,
  })
  routes(app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  opened.push(
    () => metrics.close(),
    () => log.close(),
    () => app.close(),
  )
  const address = app.server.address()
  if (typeof address !== 'object' || address === null) throw new Error('not listening')
  return {
    log,
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    lines: () =>
      written.map((line) => {
        expect(checkGelfLine(line.trimEnd())).toEqual([])
        return JSON.parse(line) as Record<string, unknown>
      }),
    page: async () => (await metrics.render()).body,
  }
}

/** Waits until something is there. */
export async function until<T>(find: () => T | undefined): Promise<T> {
  for (;;) {
    const found = find()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
