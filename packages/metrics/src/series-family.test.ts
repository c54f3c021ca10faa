import { describe, expect, test } from 'vitest'
import { PageWriter } from './page-writer.ts'
import { ScalarSeries } from './scalar-series.ts'
import { SeriesFamily } from './series-family.ts'

function familyOfThree() {
  const overflowed: string[] = []
  const definition = { name: 'things', type: 'gauge', help: 'Things.', labels: ['kind', 'place'] } as const
  const family = new SeriesFamily(definition, (labels) => new ScalarSeries('things', labels), {
    maxSeries: 3,
    onOverflow: (metric) => overflowed.push(metric),
  })
  return { family, overflowed }
}

describe('SeriesFamily', () => {
  test('gives the same series for the same label values', () => {
    const { family } = familyOfThree()
    expect(family.series('a', 'b')).toBe(family.series('a', 'b'))
    expect(family.series('a', 'b')).not.toBe(family.series('b', 'a'))
  })

  test('keeps the last place under the cap for everything that comes later', () => {
    const { family, overflowed } = familyOfThree()
    family.series('a', '1').value = 1
    family.series('b', '1').value = 2
    family.series('c', '1').value += 10
    family.series('d', '1').value += 10
    const page = new PageWriter('text')
    for (const series of family.all()) series.write(page)
    expect(page.toString()).toBe(
      'things{kind="a",place="1"} 1\nthings{kind="b",place="1"} 2\nthings{kind="other",place="other"} 20\n',
    )
    expect(overflowed).toEqual(['things', 'things'])
  })
})
