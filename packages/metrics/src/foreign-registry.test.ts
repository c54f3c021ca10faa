import { describe, expect, test } from 'vitest'
import { isKeelsonError } from '@keelson/core/errors'
import { checkRegistry, collectorsOf, foreignLines, type ForeignMetric } from './foreign-registry.ts'

function registryOf(metric: ForeignMetric, defaultLabels: Readonly<Record<string, string>> = {}) {
  return { _defaultLabels: defaultLabels, getMetricsAsArray: () => [{ ...metric, get: async () => metric }] }
}

async function read(metric: ForeignMetric, defaultLabels?: Readonly<Record<string, string>>) {
  const [collector] = collectorsOf(registryOf(metric, defaultLabels))
  if (collector === undefined) throw new Error('the registry has no metric')
  return collector.read()
}

function textOf(format: 'text' | 'openmetrics', metric: ForeignMetric): string {
  return [...foreignLines(format, metric)].join('')
}

function isInvalidName(error: unknown): boolean {
  return isKeelsonError(error, 'KEELSON_METRICS_NAME_INVALID')
}

describe('checkRegistry', () => {
  test.each([[undefined], [null], [{}], ['register'], [{ getMetricsAsArray: [] }]])('refuses %o', (value) => {
    expect(() => checkRegistry(value)).toThrow(
      expect.toSatisfy((error) => isKeelsonError(error, 'KEELSON_METRICS_REGISTRY_INVALID')),
    )
  })
})

describe('collectorsOf', () => {
  test('adds the default labels of the registry, which those of a value outdo', async () => {
    const metric = {
      name: 'a',
      help: 'A.',
      type: 'gauge',
      values: [{ value: 1, labels: { app: 'own' } }, { value: 2 }],
    }
    expect(textOf('text', await read(metric, { app: 'default', team: 'x' }))).toBe(
      '# HELP a A.\n# TYPE a gauge\na{app="own",team="x"} 1\na{app="default",team="x"} 2\n',
    )
  })

  test('fails a metric whose name or default label would break the whole exposition', async () => {
    const metric = { name: 'a', help: 'A.', type: 'gauge', values: [] }
    await expect(read({ ...metric, name: 'a-b' })).rejects.toSatisfy(isInvalidName)
    await expect(read(metric, { 'my-label': 'x' })).rejects.toSatisfy(isInvalidName)
  })

  test('passes over what is no metric', () => {
    expect(collectorsOf({ getMetricsAsArray: () => [{}, { name: 'a' }] })).toEqual([])
  })
})

describe('foreignLines', () => {
  test('writes a histogram with the labels that its lines share', () => {
    const sharedLabels = { route: '/a' }
    const values = [
      { metricName: 'h_bucket', value: 1, labels: { le: 1 }, sharedLabels },
      { metricName: 'h_bucket', value: 1, labels: { le: '+Inf' }, sharedLabels },
      { metricName: 'h_sum', value: 0.5, labels: {}, sharedLabels },
      { metricName: 'h_count', value: 1, labels: {}, sharedLabels },
    ]
    expect(textOf('text', { name: 'h', help: 'H.', type: 'histogram', values })).toBe(
      [
        '# HELP h H.',
        '# TYPE h histogram',
        'h_bucket{route="/a",le="1.0"} 1',
        'h_bucket{route="/a",le="+Inf"} 1',
        'h_sum{route="/a"} 0.5',
        'h_count{route="/a"} 1',
        '',
      ].join('\n'),
    )
  })

  test('names a counter as each format asks, whether or not its owner did', () => {
    const values = [{ value: 1, labels: { a: 'x' } }]
    const ends = { name: 'a_total', help: 'A.', type: 'counter', values }
    const bare = { name: 'a', help: 'A.', type: 'counter', values }
    const openMetrics = '# HELP a A.\n# TYPE a counter\na_total{a="x"} 1\n'
    expect(textOf('openmetrics', ends)).toBe(openMetrics)
    expect(textOf('openmetrics', bare)).toBe(openMetrics)
    expect(textOf('text', bare)).toBe('# HELP a A.\n# TYPE a counter\na{a="x"} 1\n')
  })
})
