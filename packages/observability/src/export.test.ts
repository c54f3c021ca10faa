import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isKeelsonError } from '@keelson/core/errors'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { exportObservability, type ExportOptions } from './export.ts'
import { houseRules, serviceRules } from './rules.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keelson-export-'))
})

afterEach(() => rm(folder, { recursive: true }))

describe('exportObservability', () => {
  test('writes board, rules, log format and snippets, and says where', async () => {
    const paths = await exportObservability({ service: 'delivery', folder: join(folder, 'new') })
    expect(paths.map((path) => path.slice(folder.length))).toEqual([
      '/new/board/delivery.json',
      '/new/rules/keelson.rules.yaml',
      '/new/rules/keelson.tests.yaml',
      '/new/rules/delivery.rules.yaml',
      '/new/rules/delivery.tests.yaml',
      '/new/nginx/keelson-gelf.conf',
      '/new/collectors/fluent-bit.conf',
      '/new/collectors/fluentd.conf',
      ...[...houseRules, ...serviceRules('delivery', 'delivery')]
        .flatMap(({ rules }) => rules)
        .flatMap((rule) => ('alert' in rule ? [`/new/runbooks/${rule.alert}.md`] : [])),
    ])
    for (const path of paths) expect((await readFile(path, 'utf8')).length).toBeGreaterThan(100)
  })

  test('adds dependencies and metrics of its own to the board, and its job to the rules', async () => {
    const [board = '', , , rules = ''] = await exportObservability({
      service: 'delivery',
      job: 'shop/delivery',
      runbookBase: 'https://wiki.example/runbooks',
      dependencies: ['catalog'],
      metrics: [
        { name: 'videos_served_total', type: 'counter', help: 'Videos served.', labels: ['quality'] },
        { name: 'video_size_bytes', type: 'histogram', help: 'Sizes.', labels: [], unit: 'bytes' },
        { name: 'queue_depth', type: 'gauge', help: 'Depth.', labels: [] },
      ],
      folder,
    })
    const text = await readFile(board, 'utf8')
    for (const part of [
      '"title": "Dependency catalog"',
      'keelson_client_calls_total{job=~\\"$job\\",instance=~\\"$instance\\",dependency=\\"catalog\\"}',
      'sum by (job, quality) (rate(videos_served_total{job=~\\"$job\\",instance=~\\"$instance\\"}[$__rate_interval]))',
      'sum by (le, job) (rate(video_size_bytes_bucket{',
      'sum by (job) (queue_depth{',
      '"value": "shop/delivery"',
    ]) {
      expect(text).toContain(part)
    }
    expect(await readFile(rules, 'utf8')).toContain('absent(up{job="shop/delivery"})')
    expect(await readFile(rules, 'utf8')).toContain(
      'runbook_url: "https://wiki.example/runbooks/KeelsonTargetMissing.md"',
    )
  })

  test.each<object>([
    {},
    { service: 'delivery' },
    { folder: '/tmp' },
    { service: '../delivery', folder: '/tmp' },
    { service: 'delivery', folder: '/tmp', dependencies: 'catalog' },
    { service: 'delivery', folder: '/tmp', boards: true },
  ])('refuses %o', async (options) => {
    // What a caller without types may pass.
    await expect(exportObservability(options as ExportOptions)).rejects.toSatisfy((error) =>
      isKeelsonError(error, 'KEELSON_OBSERVABILITY_OPTIONS_INVALID'),
    )
  })
})
