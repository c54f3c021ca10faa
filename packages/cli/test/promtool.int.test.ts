import { spawnSync } from 'node:child_process'
import { requireServer } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { checkMetricNames } from '../src/exposition/naming.ts'
import { parseExposition } from '../src/exposition/parse.ts'
import { expositions } from './expositions.ts'

const promtool = requireServer('promtool')

interface Judgement {
  readonly verdict: 'good' | 'badly named' | 'broken'
  readonly metrics: readonly string[]
}

/** promtool ends with 1 where it cannot read, with 3 where it finds faults, of which each line opens with the metric. */
function promtoolOf(page: string): Judgement {
  const { status, stderr, stdout } = spawnSync(promtool.path ?? 'promtool', ['check', 'metrics'], {
    input: page,
    encoding: 'utf8',
  })
  const lines = `${stdout}${stderr}`.split('\n').filter((line) => line.trim() !== '')
  if (status === 1) return { verdict: 'broken', metrics: [] }
  return {
    verdict: status === 0 ? 'good' : 'badly named',
    metrics: namesOf(lines.map((line) => line.split(' ')[0] ?? '')),
  }
}

function oursOf(page: string): Judgement {
  const { families, faults } = parseExposition(page)
  if (faults.length > 0) return { verdict: 'broken', metrics: [] }
  const found = checkMetricNames(families)
  return {
    verdict: found.length === 0 ? 'good' : 'badly named',
    metrics: namesOf(found.map(({ metric }) => metric)),
  }
}

function namesOf(metrics: readonly string[]): readonly string[] {
  return [...new Set(metrics)].toSorted()
}

describe.skipIf(!promtool.available)('our checker of metrics', () => {
  it.each(Object.entries(expositions))('agrees with promtool on %s', (_what, page) => {
    expect(oursOf(page)).toEqual(promtoolOf(page))
  })
})
