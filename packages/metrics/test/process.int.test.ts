import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const index = fileURLToPath(new URL('../src/index.ts', import.meta.url))

/** Runs a module that ends by itself; the bound is for a hang. */
async function outputOf(script: string): Promise<string> {
  const source = `import { createMetrics } from ${JSON.stringify(index)};
    import { createRequire } from 'node:module';
    const { cache } = createRequire(import.meta.url);
    const isClientLoaded = () => Object.keys(cache).some((file) => file.includes('@prometheus-io'));
    ${script}`
  const args = ['--conditions=keelson-source', '--input-type=module', '-e', source]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 })
  return stdout
}

describe('createMetrics in a process of its own', () => {
  test('does not keep the process alive', async () => {
    const output = await outputOf(`
      const metrics = createMetrics({ service: 'a' })
      await metrics.render()
      process.stdout.write('rendered')`)
    expect(output).toBe('rendered')
  })

  test('loads the client library with the first custom metric, not before', async () => {
    const output = await outputOf(`
      const metrics = createMetrics({ service: 'a' })
      metrics.requests.route('GET', '/').record(200, 0.1)
      await metrics.render()
      process.stdout.write(isClientLoaded() + '\\n')
      metrics.counter({ name: 'a_total', help: 'A.' }).inc()
      process.stdout.write(isClientLoaded() + '\\n')`)
    expect(output).toBe('false\ntrue\n')
  })

  test('sees the pauses of the garbage collector and a blocked event loop', async () => {
    const output = await outputOf(`
      const metrics = createMetrics({ service: 'a' })
      await new Promise((resolve) => setTimeout(resolve, 100))
      const kept = []
      for (let i = 0; i < 2e6; i++) kept.push({ i })
      const end = Date.now() + 300
      while (Date.now() < end);
      await new Promise((resolve) => setTimeout(resolve, 100))
      const { body } = await metrics.render()
      const value = (name) => Number(body.split('\\n').find((line) => line.startsWith(name + ' ')).split(' ').pop())
      process.stdout.write(JSON.stringify({
        minor: value('nodejs_gc_duration_seconds_count{kind="minor"}') > 0,
        lag: value('nodejs_eventloop_lag_max_seconds') > 0.2,
        busy: value('nodejs_eventloop_utilization_ratio') > 0.2,
      }))`)
    expect(JSON.parse(output)).toEqual({ minor: true, lag: true, busy: true })
  })
})
