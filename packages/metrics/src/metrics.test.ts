import { createRequire } from 'node:module'
import * as client from '@prometheus-io/client'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { channel, type MetricsProblem, subscribe } from '@keelson/core/channels'
import { isKeelsonError } from '@keelson/core/errors'
import { createFakeClock } from '@keelson/testing'
import { metricCatalogue } from './catalogue.ts'
import { createMetrics, type Metrics, type MetricsOptions } from './metrics.ts'
import { collectDeadlineMs } from './collectors.ts'

// As the client library gets into a process as a rule: by `require`.
const global = createRequire(import.meta.url)('@prometheus-io/client') as typeof client // the same package

const made: Metrics[] = []

afterEach(async () => {
  for (const metrics of made.splice(0)) await metrics.close()
})

function create(options: Partial<MetricsOptions> = {}): Metrics {
  const metrics = createMetrics({ service: 'metrics-test', runtime: false, ...options })
  made.push(metrics)
  return metrics
}

function valueOf(body: string, series: string): string | undefined {
  return body
    .split('\n')
    .find((line) => line.startsWith(`${series} `))
    ?.slice(series.length + 1)
}

/** A registry as prom-client's, with one gauge whose value comes from a function. */
function registryOf(name: string, get: () => number | Promise<number>) {
  const read = async () => ({ name, help: 'Foreign.', type: 'gauge', values: [{ value: await get() }] })
  return { getMetricsAsArray: () => [{ name, collect: get, get: read }] }
}

describe('createMetrics', () => {
  test('refuses bad options by code', () => {
    const bad: unknown[] = [
      {},
      { service: '' },
      { service: 'a', maxSeriesPerMetric: 99 },
      { service: 'a', maxSeriesPerMetric: 100.5 },
      { service: 'a', runtime: 'yes' },
      { service: 'a', prefix: 'x' },
      undefined,
    ]
    for (const options of bad) {
      // What a caller without types may pass.
      expect(() => createMetrics(options as MetricsOptions)).toThrow(
        expect.toSatisfy((error) => isKeelsonError(error, 'KEELSON_METRICS_OPTIONS_INVALID')),
      )
    }
  })

  test('says which build of which service runs', async () => {
    const { body } = await create({ version: '1.2.3', commit: 'abc' }).render()
    expect(body).toContain('keelson_build_info{service="metrics-test",version="1.2.3",commit="abc"} 1\n')
    expect((await create().render()).body).toContain('version="unknown",commit="unknown"')
  })

  test('writes text by default and OpenMetrics with its end mark to whoever asks', async () => {
    const metrics = create()
    const text = await metrics.render()
    expect(text.contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text.body).not.toContain('# EOF')
    expect(text.body).toContain('# TYPE keelson_config_rejected_total counter\n')
    const open = await metrics.render({ accept: 'application/openmetrics-text; version=1.0.0' })
    expect(open.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(open.body.endsWith('\n# EOF\n')).toBe(true)
    expect(open.body).toContain('# TYPE keelson_config_rejected counter\nkeelson_config_rejected_total 0\n')
  })

  test('shows nothing that the catalogue does not list, each metric once', async () => {
    const metrics = create({ runtime: true })
    metrics.requests.route('GET', '/').record(200, 1)
    const { body } = await metrics.render()
    const shown = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`)
    const listed = metricCatalogue.map(({ name, type }) => `${name} ${type}`)
    expect(shown.filter((metric) => !listed.includes(metric))).toEqual([])
    expect(new Set(shown).size).toBe(shown.length)
  })

  test('shows the process unless told not to', async () => {
    const { body } = await create({ runtime: true }).render()
    expect(Number(valueOf(body, 'process_resident_memory_bytes'))).toBeGreaterThan(1e6)
    expect(Number(valueOf(body, 'process_cpu_seconds_total'))).toBeGreaterThan(0)
    expect(Number(valueOf(body, 'nodejs_heap_size_limit_bytes'))).toBeGreaterThan(1e6)
    const oldGenerationBytes = Number(valueOf(body, 'keelson_heap_old_generation_used_bytes'))
    expect(oldGenerationBytes).toBeGreaterThan(1e6)
    expect(oldGenerationBytes).toBeLessThan(Number(valueOf(body, 'keelson_heap_old_generation_limit_bytes')))
    expect(valueOf(body, `nodejs_heap_space_size_used_bytes{space="old"}`)).toBeDefined()
    expect(valueOf(body, 'nodejs_gc_duration_seconds_count{kind="major"}')).toBeDefined()
    expect(valueOf(body, 'nodejs_eventloop_utilization_ratio')).toBeDefined()
    if (process.platform === 'linux') expect(Number(valueOf(body, 'process_open_fds'))).toBeGreaterThan(2)
    expect((await create().render()).body).not.toMatch(/^(?:process|nodejs)_/m)
  })

  test('gives callers at the same time one answer', async () => {
    const metrics = create()
    let reads = 0
    metrics.adopt(registryOf('foreign', () => ++reads))
    const [first, second] = await Promise.all([metrics.render(), metrics.render()])
    expect(second).toBe(first)
    expect(reads).toBe(1)
    await metrics.render()
    expect(reads).toBe(2)
  })

  test('counts its own scrapes', async () => {
    const metrics = create()
    await metrics.render()
    const { body } = await metrics.render()
    expect(valueOf(body, 'keelson_metrics_scrapes_total')).toBe('1')
  })

  test('serves the rest when a collector throws, and counts and reports it', async () => {
    const metrics = create()
    const broken = new Error('broken')
    const problems: MetricsProblem[] = []
    const unsubscribe = subscribe('keelson.metrics.problem', (problem) => problems.push(problem))
    metrics.gauge({
      name: 'broken_depth',
      help: 'Broken.',
      collect: () => {
        throw broken
      },
    })
    metrics.adopt(registryOf('broken_foreign', () => Promise.reject(broken)))
    metrics.adopt(registryOf('working_foreign', () => 5))
    await metrics.render()
    const { body } = await metrics.render()
    unsubscribe()
    expect(valueOf(body, 'working_foreign')).toBe('5')
    expect(valueOf(body, 'keelson_ready')).toBe('0')
    expect(body).not.toMatch(/^broken/m)
    expect(valueOf(body, 'keelson_metrics_collect_errors_total{collector="broken_depth"}')).toBe('2')
    expect(valueOf(body, 'keelson_metrics_collect_errors_total{collector="broken_foreign"}')).toBe('2')
    expect(valueOf(body, 'keelson_metrics_collect_errors_total{collector="working_foreign"}')).toBe('0')
    expect(problems.map(({ problem, subject, error }) => [problem, subject, error])).toEqual([
      ['collect', 'broken_depth', broken],
      ['collect', 'broken_foreign', broken],
    ])
  })

  test('serves the rest at the deadline when collectors hang, all of them at once', async () => {
    const clock = createFakeClock()
    const metrics = create({ clock })
    metrics.gauge({ name: 'hanging', help: 'Hangs.', collect: () => new Promise<void>(() => {}) })
    metrics.adopt(registryOf('hanging_foreign', () => new Promise<number>(() => {})))
    metrics.adopt(registryOf('working_foreign', () => 5))
    for (let scrape = 1; scrape <= 2; scrape++) {
      const rendering = metrics.render()
      // The metrics are begun one a turn; each turn of the fake clock is one of the loop.
      for (let turn = 0; turn < 10; turn++) await clock.advance(0)
      await clock.advance(collectDeadlineMs)
      const { body } = await rendering
      expect(valueOf(body, 'working_foreign')).toBe('5')
      expect(body).not.toMatch(/^hanging/m)
      for (const name of ['hanging', 'hanging_foreign']) {
        expect(valueOf(body, `keelson_metrics_collect_errors_total{collector="${name}"}`)).toBe(`${scrape}`)
      }
    }
    expect(clock.pendingCount).toBe(0)
  })

  test('leaves the series of a failed runtime collector out, not those of the others', async () => {
    const rss = vi.spyOn(process.memoryUsage, 'rss').mockImplementation(() => {
      throw new Error('EMFILE')
    })
    try {
      const { body } = await create({ runtime: true }).render()
      expect(valueOf(body, 'process_resident_memory_bytes')).toBeUndefined()
      expect(valueOf(body, 'nodejs_heap_size_used_bytes')).toBeDefined()
      expect(valueOf(body, 'keelson_metrics_collect_errors_total{collector="runtime.resident_memory"}')).toBe(
        '1',
      )
    } finally {
      rss.mockRestore()
    }
  })

  test('survives a registry that is broken as a whole or gives nonsense', async () => {
    const metrics = create()
    metrics.adopt({
      getMetricsAsArray: () => {
        throw new Error('broken')
      },
    })
    metrics.adopt({
      getMetricsAsArray: () => [{ name: 'nonsense', get: async () => ({ name: 'nonsense', values: 7 }) }],
    })
    const { body } = await metrics.render()
    expect(valueOf(body, 'keelson_ready')).toBe('0')
    expect(valueOf(body, 'keelson_metrics_collect_errors_total{collector="adopted.registry"}')).toBe('1')
    expect(valueOf(body, 'keelson_metrics_collect_errors_total{collector="nonsense"}')).toBe('1')
  })

  test('ends every subscription when it is closed, and still renders', async () => {
    const metrics = create({ runtime: true })
    await metrics.close()
    await metrics.close()
    expect(channel('keelson.client.attempt').hasSubscribers).toBe(false)
    expect(channel('keelson.lifecycle.changed').hasSubscribers).toBe(false)
    expect(valueOf((await metrics.render()).body, 'keelson_ready')).toBe('0')
  })
})

describe('adopt', () => {
  test('shows a registry of the client in both formats', async () => {
    const registry = new client.Registry()
    registry.setDefaultLabels({ app: 'mine' })
    new client.Counter({ name: 'foreign_total', help: 'F.', labelNames: ['a'], registers: [registry] }).inc({
      a: 'x"',
    })
    new client.Summary({
      name: 'foreign_seconds',
      help: 'F.',
      percentiles: [0.5],
      registers: [registry],
    }).observe(2)
    const metrics = create()
    metrics.adopt(registry)
    metrics.adopt(registry)
    const text = (await metrics.render()).body
    expect(text).toContain('# TYPE foreign_total counter\nforeign_total{app="mine",a="x\\""} 1\n')
    expect(text).toContain('foreign_seconds{app="mine",quantile="0.5"} 2\n')
    const open = (await metrics.render({ accept: 'application/openmetrics-text' })).body
    expect(open).toContain('# TYPE foreign counter\nforeign_total{app="mine",a="x\\""} 1\n')
    expect((await metrics.render()).body).toContain('# TYPE foreign_total counter\n')
  })

  test('leaves out a metric whose name is shown already', async () => {
    const metrics = create({ runtime: true })
    metrics.gauge({ name: 'mine', help: 'Mine.' }).set(1)
    metrics.adopt(registryOf('mine', () => 2))
    metrics.histogram({ name: 'mine_too', help: 'Mine.', buckets: [1] }).observe(1)
    metrics.adopt(registryOf('mine_too', () => 2))
    metrics.adopt(registryOf('process_resident_memory_bytes', () => 3))
    metrics.adopt(registryOf('twice', () => 4))
    metrics.adopt(registryOf('twice', () => 5))
    const { body } = await metrics.render()
    expect(body.match(/^mine /gm)).toHaveLength(1)
    expect(valueOf(body, 'mine')).toBe('1')
    expect(valueOf(body, 'mine_too')).toBeUndefined()
    expect(valueOf(body, 'mine_too_count')).toBe('1')
    expect(body.match(/^process_resident_memory_bytes /gm)).toHaveLength(1)
    expect(valueOf(body, 'twice')).toBe('4')
  })

  test('shows the process as the registry does when the runtime series are off', async () => {
    const metrics = create()
    metrics.adopt(registryOf('process_resident_memory_bytes', () => 3))
    expect(valueOf((await metrics.render()).body, 'process_resident_memory_bytes')).toBe('3')
  })

  test('finds what other code counts in the process-wide registry, shows it and says so once', async () => {
    const problems: MetricsProblem[] = []
    const unsubscribe = subscribe('keelson.metrics.problem', (problem) => problems.push(problem))
    const metrics = create()
    metrics.gauge({ name: 'mine', help: 'Mine.' }).set(1)
    expect((await metrics.render()).body).not.toContain('left_alone')
    new global.Counter({ name: 'left_alone_total', help: 'L.' }).inc(3)
    try {
      expect(valueOf((await metrics.render()).body, 'left_alone_total')).toBe('3')
      expect(valueOf((await metrics.render()).body, 'left_alone_total')).toBe('3')
      expect(problems).toEqual([
        { service: 'metrics-test', problem: 'adopted', subject: '@prometheus-io/client', error: undefined },
      ])
    } finally {
      unsubscribe()
      global.register.clear()
    }
  })
})

describe('render', () => {
  test('reads an adopted registry a metric a turn of the event loop', async () => {
    let turn = 0
    let isDone = false
    const count = () => {
      turn++
      if (!isDone) setImmediate(count)
    }
    const turns: number[] = []
    const names = Array.from({ length: 20 }, (_, index) => `foreign_${index}`)
    const metrics = create()
    metrics.adopt({
      getMetricsAsArray: () =>
        names.map((name) => ({
          name,
          get: async () => {
            turns.push(turn)
            return { name, help: 'Foreign.', type: 'gauge', values: [{ value: 1 }] }
          },
        })),
    })
    setImmediate(count)
    const { body } = await metrics.render()
    isDone = true
    expect(body.match(/^foreign_\d+ 1$/gm)).toHaveLength(20)
    expect(new Set(turns).size).toBeGreaterThanOrEqual(19)
  })

  test('lets the event loop turn while it writes a large page', async () => {
    const clock = createFakeClock()
    let looks = 0
    // Every look at the clock is late: the page must be written in pieces.
    const metrics = create({ clock: { ...clock, monotonic: () => (looks += 10) } })
    for (let route = 0; route < 500; route++) metrics.requests.route('GET', `/${route}`).record(200, 0.1)
    let turns = 0
    const immediate = () => {
      turns++
      next = setImmediate(immediate)
    }
    let next = setImmediate(immediate)
    const { body } = await metrics.render()
    clearImmediate(next)
    expect(turns).toBeGreaterThan(body.length / 100_000)
    expect(body.match(/^http_request_duration_seconds_count/gm)).toHaveLength(500)
  })

  test('leads from a bucket to a trace, in OpenMetrics and where it was asked for', async () => {
    const accept = 'application/openmetrics-text'
    const traced = create({ exemplars: true })
    traced.requests.route('GET', '/').record(200, 0.25, '0af7651916cd43dd8448eb211c80319c')
    expect((await traced.render({ accept })).body).toMatch(
      /^http_request_duration_seconds_bucket\{method="GET",route="\/",status_class="2xx",le="0.25"\} 1 # \{trace_id="0af7651916cd43dd8448eb211c80319c"\} 0.25 \d+\.\d{3}$/m,
    )
    expect((await traced.render()).body).not.toContain('trace_id')
    const plain = create()
    plain.requests.route('GET', '/').record(200, 0.25, '0af7651916cd43dd8448eb211c80319c')
    expect((await plain.render({ accept })).body).not.toContain('trace_id')
  })

  test('keeps traces from the moment that they are asked for, and shows none after it', async () => {
    const accept = 'application/openmetrics-text'
    const metrics = create()
    const recorder = metrics.requests.route('GET', '/')
    recorder.record(200, 0.25, 'before')
    metrics.keepExemplars(true)
    recorder.record(200, 5, 'while')
    expect((await metrics.render({ accept })).body.match(/trace_id="\w+"/g)).toEqual(['trace_id="while"'])
    metrics.keepExemplars(false)
    expect((await metrics.render({ accept })).body).not.toContain('trace_id')
  })

  test('gives the page as bytes and as the same text', async () => {
    const metrics = create()
    metrics.requests.route('GET', '/größe/日本').record(200, 0.25)
    const { bytes, body } = await metrics.render()
    expect(Buffer.from(bytes).toString()).toBe(body)
    expect(body).toContain('route="/größe/日本"')
    // The memory of the page is written again by the next scrape; what was given must not change with it.
    const copy = Uint8Array.from(bytes)
    metrics.requests.route('GET', '/a').record(500, 0.25)
    await metrics.render()
    expect(Buffer.compare(bytes, copy)).toBe(0)
  })
})
