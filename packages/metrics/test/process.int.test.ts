import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const index = fileURLToPath(new URL('../src/index.ts', import.meta.url))

/** Runs a module that ends by itself; the bound is for a hang. */
async function outputOf(script: string, flags: readonly string[] = []): Promise<string> {
  const source = `import { createMetrics } from ${JSON.stringify(index)};
    import { createRequire } from 'node:module';
    const { cache } = createRequire(import.meta.url);
    const isClientLoaded = () => Object.keys(cache).some((file) => file.includes('@prometheus-io'));
    ${script}`
  const args = [...flags, '--conditions=keelson-source', '--input-type=module', '-e', source]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 })
  return stdout
}

/** Gives the heap in use when all that can be freed is freed. */
const heap = `
  import v8 from 'node:v8'
  import vm from 'node:vm'
  v8.setFlagsFromString('--expose-gc')
  const gc = vm.runInNewContext('gc')
  const heapBytes = () => {
    gc()
    return v8.getHeapStatistics().used_heap_size
  }`

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

  test('records a million requests without allocating', async () => {
    // No collection runs while the young generation has room, so that garbage stays to be seen.
    const output = await outputOf(
      `${heap}
      const { requests } = createMetrics({ service: 'a', runtime: false })
      const routes = [requests.route('GET', '/a'), requests.route('POST', '/b')]
      let kept
      const record = (allocates) => {
        for (let i = 0; i < 1_000; i++) {
          routes[i & 1].record(i & 2 ? 200 : 503, 0.01, undefined, i, 512)
          if (allocates) kept = { i }
        }
      }
      const allocated = (allocates) => {
        const before = heapBytes()
        for (let batch = 0; batch < 1_000; batch++) record(allocates)
        return v8.getHeapStatistics().used_heap_size - before
      }
      const control = allocated(true)
      // What is not compiled yet makes an object of every fraction: the least of ten is what recording itself does.
      const best = Math.min(...Array.from({ length: 10 }, () => allocated(false)))
      process.stdout.write(JSON.stringify([best, control, kept.i]))`,
      ['--min-semi-space-size=64', '--max-semi-space-size=64'],
    )
    const [recording, control] = JSON.parse(output) as [number, number] // as written above
    expect(control).toBeGreaterThan(12e6)
    expect(recording).toBeLessThan(200_000)
  })

  test('spreads a page of 28,000 lines over many turns of the event loop, cold as it is', async () => {
    const output = await outputOf(`
      const metrics = createMetrics({ service: 'a' })
      for (let i = 0; i < 700; i++) metrics.requests.route('GET', '/videos/' + i).record(200, 0.1)
      const seen = metrics.counter({ name: 'seen_total', help: 'S.', labels: ['user'] })
      const waited = metrics.histogram({ name: 'waited_seconds', help: 'W.', labels: ['user'] })
      for (let i = 0; i < 1_000; i++) {
        seen.inc({ user: 'user ' + i })
        waited.observe({ user: 'user ' + i }, 0.1)
      }
      const cpuMs = () => {
        const { user, system } = process.threadCpuUsage()
        return (user + system) / 1_000
      }
      const turns = []
      let last = cpuMs()
      let running = true
      const turn = () => {
        const now = cpuMs()
        turns.push(now - last)
        last = now
        if (running) setImmediate(turn)
      }
      setImmediate(turn)
      const { body } = await metrics.render()
      running = false
      await new Promise(setImmediate)
      const total = turns.reduce((sum, one) => sum + one, 0)
      process.stdout.write(JSON.stringify({
        lines: body.split('\\n').length > 28_000,
        longestShare: Math.max(...turns) / total,
      }))`)
    const { lines, longestShare } = JSON.parse(output) as { lines: boolean; longestShare: number } // as written above
    expect(lines).toBe(true)
    // In one piece it is 0.7 to 0.8; the clock of processor time is coarse on some machines.
    expect(longestShare).toBeLessThan(0.5)
  })

  test('stays small under 100,000 values of a label and 10,000 random paths', async () => {
    const output = await outputOf(`${heap}
      const metrics = createMetrics({ service: 'a', runtime: false })
      const seen = metrics.counter({ name: 'seen_total', help: 'Seen.', labels: ['user'] })
      const waited = metrics.histogram({ name: 'waited_seconds', help: 'W.', labels: ['user'] })
      await metrics.render()
      const bytes = () => heapBytes() + v8.getHeapStatistics().external_memory // where typed arrays are
      const before = bytes()
      for (let i = 0; i < 100_000; i++) {
        seen.inc({ user: 'user ' + i })
        waited.observe({ user: 'user ' + i }, 0.1)
      }
      for (let i = 0; i < 10_000; i++) metrics.requests.route('GET', undefined).record(404, 0.01)
      const { body } = await metrics.render()
      const count = (pattern) => body.match(pattern).length
      process.stdout.write(JSON.stringify({
        small: bytes() - before < 20e6,
        seen: count(/^seen_total/gm),
        waited: count(/^waited_seconds_count/gm),
        overflows: body.match(/^keelson_metrics_overflow_total.*(?:seen|waited).*$/gm),
      }))`)
    expect(JSON.parse(output)).toEqual({
      small: true,
      seen: 1_000,
      waited: 1_000,
      overflows: [
        'keelson_metrics_overflow_total{metric="seen_total"} 99001',
        'keelson_metrics_overflow_total{metric="waited_seconds"} 99001',
      ],
    })
  })
})
