import { afterEach, describe, expect, test } from 'vitest'
import { isKeelsonError } from '@keelson/core/errors'
import { subscribe, type MetricsProblem } from '@keelson/core/channels'
import { createMetrics, type Metrics } from './metrics.ts'

const made: Metrics[] = []

afterEach(async () => {
  for (const metrics of made.splice(0)) await metrics.close()
})

function setup(maxSeriesPerMetric = 100) {
  const metrics = createMetrics({ service: 'custom-metrics-test', runtime: false, maxSeriesPerMetric })
  made.push(metrics)
  const lines = async (start: string) =>
    (await metrics.render()).body.split('\n').filter((line) => line.startsWith(start))
  return { metrics, lines }
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return isKeelsonError(error) ? error.code : String(error)
  }
}

describe('counter, gauge and histogram', () => {
  test('record with and without labels', async () => {
    const { metrics, lines } = setup()
    const plain = metrics.counter({ name: 'plain_total', help: 'Plain.' })
    plain.inc()
    plain.inc(2)
    const served = metrics.counter({ name: 'served_total', help: 'Served.', labels: ['kind', 'size'] })
    served.inc({ kind: 'video', size: 4 })
    served.inc({ kind: 'video', size: 4 }, 2)
    const depth = metrics.gauge({ name: 'depth', help: 'Depth.', labels: ['queue'] })
    depth.set({ queue: 'a' }, 5)
    depth.inc({ queue: 'a' })
    depth.dec({ queue: 'a' }, 3)
    const size = metrics.histogram({ name: 'size_bytes', help: 'Size.', buckets: [10, 100] })
    size.observe(50)
    expect(await lines('plain_total')).toEqual(['plain_total 3'])
    expect(await lines('served_total')).toEqual(['served_total{kind="video",size="4"} 3'])
    expect(await lines('depth')).toEqual(['depth{queue="a"} 3'])
    expect(await lines('size_bytes')).toEqual([
      'size_bytes_bucket{le="10.0"} 0',
      'size_bytes_bucket{le="100.0"} 1',
      'size_bytes_bucket{le="+Inf"} 1',
      'size_bytes_count 1',
      'size_bytes_sum 50',
    ])
  })

  test('keep the series of a histogram apart by its labels, and take no value below 0', async () => {
    const { metrics, lines } = setup()
    const wait = metrics.histogram({ name: 'wait_seconds', help: 'Wait.', labels: ['queue'], buckets: [1] })
    expect(await lines('wait_seconds')).toEqual([])
    wait.observe({ queue: 'a"' }, 0.5)
    wait.observe({ queue: 'a"' }, 2)
    wait.observe({ queue: 'b' }, 2)
    wait.observe({ queue: 'b' }, -2)
    expect(await lines('wait_seconds_bucket')).toEqual([
      'wait_seconds_bucket{queue="a\\"",le="1.0"} 1',
      'wait_seconds_bucket{queue="a\\"",le="+Inf"} 2',
      'wait_seconds_bucket{queue="b",le="1.0"} 0',
      'wait_seconds_bucket{queue="b",le="+Inf"} 1',
    ])
    expect(await lines('keelson_metrics_rejected_total')).toEqual([
      'keelson_metrics_rejected_total{metric="wait_seconds"} 1',
    ])
  })

  test('never throw on what is recorded, and count what was refused', async () => {
    const { metrics, lines } = setup()
    const served = metrics.counter({ name: 'served_total', help: 'Served.', labels: ['kind'] })
    served.inc({ kind: 'a' }, -1)
    served.inc({ kind: 'a' }, Number.NaN)
    // @ts-expect-error a text is no number
    served.inc({ kind: 'a' }, '1')
    expect(await lines('served_total')).toEqual([])
    expect(await lines('keelson_metrics_rejected_total')).toEqual([
      'keelson_metrics_rejected_total{metric="served_total"} 3',
    ])
  })

  test('take missing labels for empty and ignore unknown ones', async () => {
    const { metrics, lines } = setup()
    const served = metrics.counter({ name: 'served_total', help: 'Served.', labels: ['kind', 'size'] })
    // @ts-expect-error a label is missing and one is unknown
    served.inc({ kind: 'a', colour: 'red' })
    // @ts-expect-error no labels at all
    served.inc(null)
    expect(await lines('served_total')).toEqual([
      'served_total{kind="a",size=""} 1',
      'served_total{kind="",size=""} 1',
    ])
  })

  test('keep their series when the caller changes its object of labels afterwards', async () => {
    const { metrics, lines } = setup()
    const served = metrics.counter({ name: 'served_total', help: 'Served.', labels: ['kind'] })
    const labels = { kind: 'a' }
    served.inc(labels)
    labels.kind = 'b'
    served.inc(labels)
    expect(await lines('served_total')).toEqual(['served_total{kind="a"} 1', 'served_total{kind="b"} 1'])
  })

  test('keep to the cap, count every overflow and report it once', async () => {
    const { metrics, lines } = setup(100)
    const problems: MetricsProblem[] = []
    const unsubscribe = subscribe('keelson.metrics.problem', (problem) => problems.push(problem))
    const seen = metrics.counter({ name: 'seen_total', help: 'Seen.', labels: ['user', 'kind'] })
    for (let user = 0; user < 1_000; user++) seen.inc({ user, kind: 'a' })
    for (let user = 0; user < 99; user++) seen.inc({ user, kind: 'a' })
    unsubscribe()
    expect(await lines('seen_total')).toHaveLength(100)
    expect(await lines('seen_total{user="other"')).toEqual(['seen_total{user="other",kind="other"} 901'])
    expect(await lines('keelson_metrics_overflow_total{metric="seen_total"}')).toEqual([
      'keelson_metrics_overflow_total{metric="seen_total"} 901',
    ])
    expect(problems).toEqual([
      { service: 'custom-metrics-test', problem: 'overflow', subject: 'seen_total', error: undefined },
    ])
  })

  test('may be more than one metric may have series', async () => {
    const { metrics, lines } = setup(100)
    for (let i = 0; i < 150; i++) metrics.gauge({ name: `many_${i}_depth`, help: 'Many.' }).set(i)
    expect(await lines('keelson_metrics_overflow_total{metric="many_149_depth"}')).toEqual([
      'keelson_metrics_overflow_total{metric="many_149_depth"} 0',
    ])
  })

  test('show from 0 that nothing has overflowed or was refused', async () => {
    const { metrics, lines } = setup()
    metrics.gauge({ name: 'depth', help: 'Depth.' })
    expect(await lines('keelson_metrics_overflow_total{metric="depth"}')).toHaveLength(1)
    expect(await lines('keelson_metrics_rejected_total{metric="depth"}')).toHaveLength(1)
  })

  test('set a gauge when it is read', async () => {
    const { metrics, lines } = setup()
    let depth = 1
    metrics.gauge({ name: 'depth', help: 'Depth.', collect: (gauge) => gauge.set(depth++) })
    metrics.gauge({
      name: 'depth_later',
      help: 'Depth.',
      labels: ['queue'],
      collect: async (gauge) => {
        await Promise.resolve()
        gauge.set({ queue: 'a' }, 9)
      },
    })
    expect(await lines('depth')).toEqual(['depth 1', 'depth_later{queue="a"} 9'])
    expect(await lines('depth ')).toEqual(['depth 2'])
  })

  test('refuse bad names, options and buckets by code', () => {
    const { metrics } = setup()
    expect(codeOf(() => metrics.counter({ name: 'served', help: 'Served.' }))).toBe(
      'KEELSON_METRICS_NAME_INVALID',
    )
    // @ts-expect-error help is missing
    expect(codeOf(() => metrics.counter({ name: 'served_total' }))).toBe('KEELSON_METRICS_NAME_INVALID')
    // @ts-expect-error an unknown option
    expect(codeOf(() => metrics.counter({ name: 'served_total', help: 'S.', buckets: [1] }))).toBe(
      'KEELSON_METRICS_OPTIONS_INVALID',
    )
    for (const buckets of [
      [-1, 1],
      [2, 1],
      [1, 1],
      [1, Infinity],
    ]) {
      expect(codeOf(() => metrics.histogram({ name: 'size_bytes', help: 'S.', buckets }))).toBe(
        'KEELSON_METRICS_OPTIONS_INVALID',
      )
    }
  })

  test('refuse a name that the chassis or another metric has, with or without _total', () => {
    const { metrics } = setup()
    metrics.counter({ name: 'served_total', help: 'Served.' })
    expect(codeOf(() => metrics.counter({ name: 'served_total', help: 'Served.' }))).toBe(
      'KEELSON_METRICS_NAME_TAKEN',
    )
    expect(codeOf(() => metrics.gauge({ name: 'served', help: 'Served.' }))).toBe(
      'KEELSON_METRICS_NAME_TAKEN',
    )
    expect(codeOf(() => metrics.counter({ name: 'http_requests_total', help: 'Mine.' }))).toBe(
      'KEELSON_METRICS_NAME_TAKEN',
    )
  })
})
