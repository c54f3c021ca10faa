import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as client from '@prometheus-io/client'
import { channel } from '@keelson/core/channels'
import { isKeelsonError } from '@keelson/core/errors'
import { requireServer } from '@keelson/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { createMetrics, type Metrics } from '../src/index.ts'
import type { MetricType } from '../src/metric-definition.ts'
import { checkNaming } from '../src/name-rules.ts'

const promtool = requireServer('promtool')
const service = 'promtool-test'
const made: Metrics[] = []

afterEach(async () => {
  for (const metrics of made.splice(0)) await metrics.close()
})

function run(args: readonly string[], input?: string) {
  const { status, stderr, stdout } = spawnSync(promtool.path ?? 'promtool', args, { input, encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

/** Metrics after one fact of each kind, requests of every status class, and custom and adopted metrics. */
function full(): Metrics {
  const metrics = createMetrics({ service, version: '1.0.0', commit: 'abc' })
  made.push(metrics)
  for (const status of [101, 200, 302, 404, 500, 999])
    metrics.requests.route('GET', '/a"b\\/:id').record(status, 0.1)
  metrics.requests.route('BREW', undefined).record(404, 12)
  metrics.requests.inFlight.inc()
  const dependency = 'catalog'
  channel('keelson.lifecycle.changed').publish({ service, phase: 'started' })
  channel('keelson.health.changed').publish({ service, check: 'db', status: 'down', critical: true })
  channel('keelson.dependency.declared').publish({ service, dependency })
  channel('keelson.client.call').publish({
    service,
    dependency,
    outcome: 'fallback',
    durationMs: 12,
    attemptCount: 2,
  })
  channel('keelson.client.attempt').publish({
    service,
    dependency,
    outcome: 'timeout',
    durationMs: 10,
    retry: 0,
  })
  channel('keelson.client.retry').publish({ service, dependency, result: 'exhausted', delayMs: 0 })
  channel('keelson.breaker.changed').publish({
    service,
    dependency,
    from: 'closed',
    to: 'open',
    callCount: 20,
    failureCount: 15,
  })
  channel('keelson.config.applied').publish({ service, revision: 1, hash: 'abc', changedKeys: [] })
  channel('keelson.config.rejected').publish({ service, faults: ['no'] })
  channel('keelson.config.source').publish({ service, source: 'etcd', up: true })
  channel('keelson.log.dropped').publish({ service, reason: 'buffer-full', count: 3 })
  channel('keelson.admission.shed').publish({ service, reason: 'limit', criticality: 'default' })
  const counter = metrics.counter({
    name: 'videos_served_total',
    help: 'A "help"\nof two lines\\.',
    labels: ['kind'],
  })
  counter.inc({ kind: 'a"b\\c\nd ünï' })
  counter.inc({ kind: 'refused' }, -1)
  for (let i = 0; i < 1_100; i++) counter.inc({ kind: `kind ${i}` })
  metrics.histogram({ name: 'video_size_bytes', help: 'Sizes.', labels: ['kind'] }).observe({ kind: 'a' }, 5)
  metrics.gauge({ name: 'queue_depth', help: 'Depth.', collect: () => Promise.reject(new Error('broken')) })
  const registry = new client.Registry()
  new client.Summary({ name: 'foreign_wait_seconds', help: 'F.', registers: [registry] }).observe(0.2)
  metrics.adopt(registry)
  return metrics
}

describe.skipIf(!promtool.available)('promtool check metrics', () => {
  test('finds nothing to say of a full exposition', async () => {
    const { body } = await full().render()
    expect(run(['check', 'metrics'], body)).toEqual({ status: 0, output: '' })
  })

  test('finds nothing to say at the start either', async () => {
    const metrics = createMetrics({ service })
    made.push(metrics)
    expect(run(['check', 'metrics'], (await metrics.render()).body)).toEqual({ status: 0, output: '' })
  })

  test('refuses the defaults of the client library, which shows that it looks', async () => {
    const registry = new client.Registry()
    client.collectDefaultMetrics({ register: registry })
    const { status, output } = run(['check', 'metrics'], await registry.metrics())
    expect(status).toBe(3)
    expect(output).toContain('nodejs_active_handles_total')
  })
})

describe.skipIf(!promtool.available)("Prometheus's OpenMetrics parser", () => {
  test('reads a full exposition', async () => {
    const { body } = await full().render({ accept: 'application/openmetrics-text;version=1.0.0' })
    expect(body).toContain('foreign_wait_seconds_count 1')
    expect(parse(body)).toMatchObject({ status: 0 })
  })

  test('refuses one without its end mark, which shows that it looks', async () => {
    const { body } = await full().render({ accept: 'application/openmetrics-text;version=1.0.0' })
    expect(parse(body.replace('# EOF\n', '')).status).not.toBe(0)
  })
})

describe.skipIf(!promtool.available)('checkNaming', () => {
  const units = [
    'seconds',
    'bytes',
    'milliseconds',
    'kilobytes',
    'minutes',
    'weeks',
    'kelvins',
    'celsius',
    'bits',
  ]
  const words = [
    'ms',
    's',
    'sec',
    'd',
    'm',
    'gauge',
    'counter',
    'summary',
    'histogram',
    'gaugehistogram',
    'count',
  ]
  const more = [
    'sum',
    'bucket',
    'total',
    'info',
    'ratio',
    'videosServed',
    'megajoules',
    'Seconds',
    'picometers',
  ]
  const names = [...units, ...words, ...more].flatMap((word) => [
    `app_${word}`,
    `app_${word}_x`,
    `${word}_app`,
    `app_${word}_total`,
  ])

  test.each<MetricType>(['counter', 'gauge', 'histogram'])(
    'agrees with promtool on every name of a %s',
    (type) => {
      const differing = names.filter((name) => {
        const linted = run(['check', 'metrics'], exampleOf(type, name)).status !== 0
        // Stricter on purpose: such a histogram's lines could be taken for those of another.
        const isStricter = type === 'histogram' && /_(?:count|sum|bucket)$/.test(name)
        return linted !== isRefused(type, name) && !isStricter
      })
      expect(differing).toEqual([])
    },
  )
})

function exampleOf(type: MetricType, name: string): string {
  const header = `# HELP ${name} Help.\n# TYPE ${name} ${type}\n`
  if (type !== 'histogram') return `${header}${name} 1\n`
  return `${header}${name}_bucket{le="+Inf"} 1\n${name}_sum 1\n${name}_count 1\n`
}

function isRefused(type: MetricType, name: string): boolean {
  try {
    checkNaming({ name, type, help: 'Help.', labels: [] })
    return false
  } catch (error) {
    if (isKeelsonError(error, 'KEELSON_METRICS_NAME_INVALID')) return true
    throw error
  }
}

/** promtool reads OpenMetrics where it makes blocks of it, and wants a time on each sample there. */
function parse(body: string): ReturnType<typeof run> {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-openmetrics-'))
  try {
    const timed = body.replaceAll(/^(?!#)(.+)$/gm, '$1 1700000000')
    writeFileSync(join(folder, 'metrics.txt'), timed)
    return run([
      'tsdb',
      'create-blocks-from',
      'openmetrics',
      join(folder, 'metrics.txt'),
      join(folder, 'data'),
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
}
