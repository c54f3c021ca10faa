import { describe, expect, it } from 'vitest'
import { parseExposition } from './parse.ts'
import { checkHistograms, findDuplicates } from './series.ts'

const head = '# HELP a_seconds Text.\n# TYPE a_seconds histogram\n'
const good =
  'a_seconds_bucket{b="1",le="1"} 1\na_seconds_bucket{b="1",le="+Inf"} 2\na_seconds_sum{b="1"} 3\na_seconds_count{b="1"} 2\n'

function histograms(page: string): readonly string[] {
  return checkHistograms(parseExposition(head + page).families)
}

describe('checkHistograms', () => {
  it('takes a whole histogram', () => {
    expect(histograms(good)).toEqual([])
  })

  it.each([
    [good.replace(/.*\+Inf.*\n/, ''), 'no bucket +Inf'],
    [good.replace(/.*_sum.*\n/, ''), 'no _sum'],
    [good.replace(/.*_count.*\n/, ''), 'no _count'],
    [good.replace('le="1"} 1', 'le="1"} 3'), 'smaller than the one below'],
    [good.replace('_count{b="1"} 2', '_count{b="1"} 5'), 'differs from _count'],
    [`${good}${good.replaceAll('b="1"', 'b="2"').replace(/.*_sum.*\n/, '')}`, 'no _sum'],
  ])('finds what is wrong with %j', (page, problem) => {
    expect(histograms(page)).toEqual([expect.stringContaining(problem)])
  })
})

describe('findDuplicates', () => {
  it('knows a series whose labels stand in another order', () => {
    expect(
      findDuplicates(parseExposition('a{b="1",c="2"} 1\na{c="2",b="1"} 1\na{b="1"} 1\n').families),
    ).toEqual(['a{b="1",c="2"}'])
  })
})

describe('parseExposition', () => {
  it('reads values, labels with escapes and families with their suffixes', () => {
    const { families, faults } = parseExposition(`${head}${good}b{c="d\\\\\\"\\n"} -Inf 12\n`)
    expect(faults).toEqual([])
    expect(families.map(({ name, type, samples }) => [name, type, samples.length])).toEqual([
      ['a_seconds', 'histogram', 4],
      ['b', 'untyped', 1],
    ])
    expect(families[1]?.samples[0]).toEqual({
      name: 'b',
      labels: [['c', 'd\\"\n']],
      value: -Infinity,
      line: 7,
    })
  })

  it('names the line of each fault', () => {
    expect(parseExposition('a 1\nb one\nc{ 1\n').faults.map(({ line }) => line)).toEqual([2, 3])
  })
})
