import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  boardJson,
  houseBoard,
  houseRules,
  type RuleGroup,
  rulesYaml,
  serviceBoard,
} from '@keelson/observability'
import { requireServer } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { lintBoard, type LintedBoard, selectorsOf } from './board-lint.ts'
import { generatedFiles, packageFile } from './generated-files.ts'

const promtool = requireServer('promtool')
const ofService = serviceBoard(
  'delivery',
  'delivery',
  ['catalog', 'price "list"'],
  [
    { name: 'videos_served_total', type: 'counter', help: 'Served.', labels: ['quality'] },
    { name: 'video_size_bytes', type: 'histogram', help: 'Sizes.', labels: [], unit: 'bytes' },
    { name: 'queue_depth', type: 'gauge', help: 'Depth.', labels: [] },
  ],
)

function parsed(board: typeof houseBoard): LintedBoard {
  return JSON.parse(boardJson(board)) as LintedBoard // what boardJson has just written
}

describe('the committed files', () => {
  test.each(generatedFiles)('%s is what the sources say', (path, text) => {
    const committed = readFileSync(packageFile(path), 'utf8')
    // The formatter of the repository lays JSON out in its own way.
    if (path.endsWith('.json')) expect(JSON.parse(committed)).toEqual(JSON.parse(text))
    else expect(committed).toBe(text)
  })
})

describe.each([
  ['of the house', houseBoard],
  ['of a service', ofService],
])('the board %s', (_, board) => {
  test('keeps to the rules of the dashboard linter', () => {
    expect(lintBoard(parsed(board))).toEqual([])
  })

  test('gives every panel a place of its own', () => {
    const { panels } = JSON.parse(boardJson(board)) as {
      panels: readonly { id: number; gridPos: { x: number; y: number; w: number; h: number } }[]
    } // what boardJson has just written
    const taken = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (__, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    )
    expect(new Set(taken).size).toBe(taken.length)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24)
  })

  test.skipIf(!promtool.available)('asks in PromQL that Prometheus understands', () => {
    const exprs = board.rows.flatMap(({ panels }) =>
      panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    )
    expect(checkQueries(exprs)).toBe(0)
    expect(checkQueries([...exprs, 'rate(http_requests_total)'])).not.toBe(0)
  })
})

describe('lintBoard', () => {
  const [row] = houseBoard.rows
  const [panel] = row?.panels ?? []

  test.each([
    ['panel-title-description', { ...panel, description: '' }],
    ['panel-units', { ...panel, unit: 'parsecs' }],
    ['panel-no-targets', { ...panel, targets: [] }],
    [
      'target-job',
      { ...panel, targets: [{ expr: 'sum(keelson_ready{instance=~"$instance"})', legend: '' }] },
    ],
    ['target-instance', { ...panel, targets: [{ expr: 'keelson_ready{job=~"$job"} > 0', legend: '' }] }],
    ['target-rate-interval', { ...panel, targets: [{ expr: 'rate(keelson_ready[5m])', legend: '' }] }],
    ['target-counter-agg', { ...panel, targets: [{ expr: 'sum(http_requests_total)', legend: '' }] }],
  ])('finds what breaks %s', (rule, broken) => {
    const board = { ...houseBoard, rows: [{ title: 'Broken', panels: [broken] }] } as typeof houseBoard // broken on purpose
    expect(lintBoard(parsed(board)).some((problem) => problem.startsWith(rule))).toBe(true)
  })

  test('finds a board whose variables or place of editing are not as they should be', () => {
    const board = parsed(houseBoard)
    const list = board.templating.list.map((variable) => ({
      ...variable,
      label: 'x',
      multi: false,
      refresh: 1,
    }))
    const problems = lintBoard({ ...board, editable: true, templating: { list } }).map(
      (text) => text.split(':')[0],
    )
    expect(new Set(problems)).toEqual(
      new Set([
        'uneditable-dashboard',
        'template-datasource',
        'template-job',
        'template-instance',
        'template-on-time-change-reload',
      ]),
    )
  })
})

describe('selectorsOf', () => {
  test('finds every selector of a query, and nothing else', () => {
    expect(
      selectorsOf(
        'sum by (le, job) (rate(a_bucket{x="}(",y=~"b"}[5m])) / on (job) (b:c > 0) and deriv(d[1h]) > 0',
      ),
    ).toEqual(['a_bucket{x="}(",y=~"b"}', 'b:c', 'd'])
  })

  test('finds something in every rule', () => {
    for (const { expr } of houseRules.flatMap(({ rules }) => rules)) {
      expect([expr, selectorsOf(expr).length > 0]).toEqual([expr, true])
    }
  })
})

/** Queries with Grafana's variables filled in, checked as recording rules: that finds errors of types too. */
function checkQueries(exprs: readonly string[]): number | null {
  const rules: RuleGroup['rules'] = exprs.map((expr, index) => ({
    record: `check:query${index}`,
    expr: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(?:job|instance)/g, '.+'),
  }))
  const folder = mkdtempSync(join(tmpdir(), 'keelson-board-'))
  try {
    const file = join(folder, 'queries.yaml')
    writeFileSync(file, rulesYaml([{ name: 'check', rules }]))
    return spawnSync(promtool.path ?? 'promtool', ['check', 'rules', file]).status
  } finally {
    rmSync(folder, { recursive: true })
  }
}
