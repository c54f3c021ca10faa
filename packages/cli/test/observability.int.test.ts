import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireServer } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const promtool = requireServer('promtool')
const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))

// Inside the repository, so that the service finds its keelson as an installed one would.
let folder = ''

const serviceSource = `
export const definition = {
  name: 'delivery',
  dependencies: { catalog: { target: 'http://catalog:8080' }, prices: { target: 'http://prices:8080' } },
  metrics: {
    served: { type: 'counter', name: 'videos_served_total', help: 'Videos served.', labels: ['quality'] },
    size: { type: 'histogram', name: 'video_size_bytes', help: 'Sizes of videos.', buckets: [1000, 1000000] },
  },
}
`

const page = `# HELP videos_served_total Videos served.
# TYPE videos_served_total counter
videos_served_total 4
# HELP pool_connections Connections of a pool.
# TYPE pool_connections gauge
pool_connections{pool="main"} 4
# HELP keelson_ready Ready.
# TYPE keelson_ready gauge
keelson_ready 1
# TYPE old_latency summary
old_latency{quantile="0.5"} 1
`

beforeAll(() => {
  folder = mkdtempSync(join(fileURLToPath(new URL('.', import.meta.url)), 'observability-'))
  mkdirSync(join(folder, 'src'))
  writeFileSync(join(folder, 'src/service.ts'), serviceSource)
  writeFileSync(join(folder, 'src/bad.ts'), serviceSource.replace('videos_served_total', 'videosServed'))
  writeFileSync(join(folder, 'page.txt'), page)
  writeFileSync(join(folder, 'broken.txt'), 'no page at all\n')
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly code: number
  readonly out: string
  readonly err: string
}

function keelson(...args: readonly string[]): Promise<Answer> {
  const command = ['--conditions', 'keelson-source', bin, 'observability', ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: folder, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

function written(out: string, path: string): string {
  return readFileSync(join(folder, out, path), 'utf8')
}

function expressions(out: string): readonly string[] {
  const board = JSON.parse(written(out, 'board/delivery.json')) as {
    panels: readonly { title: string; targets?: readonly { expr: string }[] }[]
  } // what the command has written
  return board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
}

function titles(out: string): readonly string[] {
  const board = JSON.parse(written(out, 'board/delivery.json')) as { panels: readonly { title: string }[] } // as above
  return board.panels.map(({ title }) => title)
}

describe('keelson observability export', () => {
  it('writes the files of the service in this folder, its dependencies and metrics on the board', async () => {
    rmSync(join(folder, 'observability'), { recursive: true, force: true })
    const { code, out, err } = await keelson('export')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^written {3}observability\/board\/delivery\.json$/m)
    expect(titles('observability')).toEqual(
      expect.arrayContaining([
        'Dependency catalog',
        'Dependency prices',
        'Metrics of delivery',
        'videos_served_total',
        'video_size_bytes',
      ]),
    )
    expect(expressions('observability').join('\n')).toContain(
      'sum by (job, quality) (rate(videos_served_total{',
    )
    expect(written('observability', 'rules/delivery.rules.yaml')).toContain('absent(up{job="delivery"})')
    expect(readdirSync(join(folder, 'observability/runbooks')).length).toBeGreaterThanOrEqual(20)
  })

  it('says that there is nothing to do the second time, and --check agrees until a file was edited', async () => {
    await keelson('export')
    const again = await keelson('export')
    expect(again.out.trim().split('\n')).toHaveLength(1)
    expect((await keelson('export', '--check')).code).toBe(0)
    const rules = join(folder, 'observability/rules/delivery.rules.yaml')
    writeFileSync(rules, readFileSync(rules, 'utf8').replace('10m', '20m'))
    rmSync(join(folder, 'observability/nginx'), { recursive: true })
    const { code, err } = await keelson('export', '--check')
    expect(code).toBe(1)
    expect(err).toContain('differs    observability/rules/delivery.rules.yaml')
    expect(err).toContain('missing    observability/nginx/keelson-gelf.conf')
    expect((await keelson('export')).out).toContain('replaced  observability/rules/delivery.rules.yaml')
  })

  it.skipIf(!promtool.available)('writes rules and tests that promtool accepts as they are', async () => {
    await keelson(
      'export',
      '--out',
      'infra',
      '--job',
      'shop/delivery',
      '--runbooks',
      'https://wiki.example/r/',
    )
    const rules = join(folder, 'infra/rules')
    const names = readdirSync(rules).toSorted()
    expect(names).toEqual([
      'delivery.rules.yaml',
      'delivery.tests.yaml',
      'keelson.rules.yaml',
      'keelson.tests.yaml',
    ])
    const run = (...args: readonly string[]) =>
      spawnSync(promtool.path ?? 'promtool', args, { cwd: rules, encoding: 'utf8' })
    expect(
      run('check', 'rules', '--lint=all', '--lint-fatal', 'delivery.rules.yaml', 'keelson.rules.yaml').status,
    ).toBe(0)
    expect(run('test', 'rules', 'delivery.tests.yaml', 'keelson.tests.yaml')).toMatchObject({ status: 0 })
    expect(written('infra', 'rules/keelson.rules.yaml')).toContain(
      'runbook_url: "https://wiki.example/r/KeelsonTargetDown.md"',
    )
    // The tests can fail: an alert that was renamed is missed by them.
    const changed = written('infra', 'rules/delivery.rules.yaml').replace('for: 10m', 'for: 10h')
    writeFileSync(join(rules, 'delivery.rules.yaml'), changed)
    expect(run('test', 'rules', 'delivery.tests.yaml').status).not.toBe(0)
  })

  it('adds what a running service shows beyond its definition, from a file or an address', async () => {
    const server = createServer((_, response) => response.end(page)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // it listens on TCP
    try {
      for (const place of ['page.txt', `http://127.0.0.1:${port}/metrics`]) {
        expect(await keelson('export', '--out', 'seen', '--metrics', place)).toMatchObject({ code: 0 })
        expect(titles('seen')).toContain('pool_connections')
        expect(titles('seen')).not.toContain('keelson_ready')
        expect(titles('seen').filter((title) => title === 'videos_served_total')).toHaveLength(1)
        expect(expressions('seen').join('\n')).toContain('sum by (job, quality) (rate(videos_served_total{')
      }
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })

  it.each([
    [['export', '--metrics', 'broken.txt'], 3, 'KEELSON_CLI_TARGET_UNREACHABLE'],
    [['export', '--metrics', 'nowhere.txt'], 3, 'KEELSON_CLI_TARGET_UNREACHABLE'],
    [['export', '--metrics', 'http://127.0.0.1:1/metrics'], 3, 'KEELSON_CLI_TARGET_UNREACHABLE'],
    [['export', '--service', 'src/bad.ts'], 1, 'videosServed'],
    [['export', '--service', 'src/none.ts'], 2, 'KEELSON_CLI_DEFINITION_INVALID'],
    [['export', '--out', 'page.txt'], 2, 'KEELSON_CLI_REPORT_UNWRITABLE'],
    [['import'], 2, 'KEELSON_CLI_USAGE'],
    [['export', '--folder', 'x'], 2, 'KEELSON_CLI_USAGE'],
  ])('answers %j with exit code %i and its reason', async (args, code, reason) => {
    const answer = await keelson(...args)
    expect(answer.code).toBe(code)
    expect(answer.err).toContain(reason)
  })
})
