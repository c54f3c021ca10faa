import { isKeelsonError } from '@keelson/core/errors'
import { describe, expect, test } from 'vitest'
import { createMetrics } from './index.ts'
import { describeMetric, type MetricDeclaration, unitOfName } from './metric-declaration.ts'

describe('describeMetric', () => {
  test('completes a declaration', () => {
    expect(describeMetric({ type: 'gauge', name: 'queue_depth', help: 'Depth.' })).toEqual({
      type: 'gauge',
      name: 'queue_depth',
      help: 'Depth.',
      labels: [],
    })
    expect(
      describeMetric({
        type: 'histogram',
        name: 'video_size_bytes',
        help: 'Sizes.',
        labels: ['kind'],
        buckets: [1, 2],
      }),
    ).toMatchObject({ labels: ['kind'], buckets: [1, 2], unit: 'bytes' })
  })

  test.each<[object, string]>([
    [{ type: 'counter', name: 'served', help: 'Served.' }, 'KEELSON_METRICS_NAME_INVALID'],
    [{ type: 'gauge', name: 'keelson_ready', help: 'Ready.' }, 'KEELSON_METRICS_NAME_INVALID'],
    [{ type: 'summary', name: 'served', help: 'Served.' }, 'KEELSON_METRICS_OPTIONS_INVALID'],
    [{ type: 'gauge', name: 'depth', help: 'D.', buckets: [1] }, 'KEELSON_METRICS_OPTIONS_INVALID'],
    [{ type: 'histogram', name: 'depth', help: 'D.', buckets: [2, 1] }, 'KEELSON_METRICS_OPTIONS_INVALID'],
    [{ type: 'gauge', name: 'depth', help: 'D.', unit: 'bytes' }, 'KEELSON_METRICS_OPTIONS_INVALID'],
  ])('refuses %o', (declaration, code) => {
    // What a caller without types may write.
    expect(() => describeMetric(declaration as MetricDeclaration)).toThrow(
      expect.toSatisfy((error: unknown) => isKeelsonError(error, code)),
    )
  })

  test('takes what makes the metric, and that only by the method of its type', async () => {
    await using metrics = createMetrics({ service: 'declared', runtime: false })
    const declared = {
      served: { type: 'counter', name: 'videos_served_total', help: 'Served.', labels: ['quality'] },
    } as const satisfies Record<string, MetricDeclaration>
    const served = metrics.counter(declared.served)
    served.inc({ quality: 'hd' })
    expect((await metrics.render()).body).toContain('videos_served_total{quality="hd"} 1\n')
    // @ts-expect-error the types refuse it too
    expect(() => metrics.gauge({ ...declared.served, name: 'videos_served' })).toThrow(
      expect.toSatisfy((error: unknown) => isKeelsonError(error, 'KEELSON_METRICS_OPTIONS_INVALID')),
    )
  })
})

describe('unitOfName', () => {
  test.each([
    ['process_cpu_seconds_total', 'seconds'],
    ['video_size_bytes', 'bytes'],
    ['loop_utilization_ratio', 'ratio'],
    ['videos_served_total', undefined],
    ['bytes', undefined],
  ])('of %s is %s', (name, unit) => {
    expect(unitOfName(name)).toBe(unit)
  })
})
