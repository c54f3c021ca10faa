import { createFakeClock } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import { HistogramSeries, histogramShape } from './histogram-series.ts'
import { PageWriter } from './page-writer.ts'

function rendered(series: HistogramSeries, format: 'text' | 'openmetrics' = 'text'): string {
  const page = new PageWriter(format)
  series.write(page)
  return page.toString()
}

describe('HistogramSeries', () => {
  test('counts a value in every bucket whose bound it does not exceed', () => {
    const series = new HistogramSeries(histogramShape('wait_seconds', [0.5, 1]), 'kind="a"')
    for (const value of [0.25, 0.5, 0.75, 1, 8]) series.observe(value)
    expect(rendered(series)).toBe(
      [
        'wait_seconds_bucket{kind="a",le="0.5"} 2',
        'wait_seconds_bucket{kind="a",le="1.0"} 4',
        'wait_seconds_bucket{kind="a",le="+Inf"} 5',
        'wait_seconds_count{kind="a"} 5',
        'wait_seconds_sum{kind="a"} 10.5',
        '',
      ].join('\n'),
    )
  })

  test('is right in every scrape while its counts grow by orders of magnitude', () => {
    const series = new HistogramSeries(histogramShape('wait_seconds', [1, 2]), 'route="/ü"')
    const counts = [0, 0, 0]
    for (let round = 0; round < 60; round++) {
      const bucket = (round * 7) % 3
      for (let i = 0; i < round * round; i++) series.observe(bucket + 0.5)
      counts[bucket] = (counts[bucket] ?? 0) + round * round
      const [first = 0, second = 0, third = 0] = counts
      expect(rendered(series)).toBe(
        [
          `wait_seconds_bucket{route="/ü",le="1.0"} ${first}`,
          `wait_seconds_bucket{route="/ü",le="2.0"} ${first + second}`,
          `wait_seconds_bucket{route="/ü",le="+Inf"} ${first + second + third}`,
          `wait_seconds_count{route="/ü"} ${first + second + third}`,
          `wait_seconds_sum{route="/ü"} ${first * 0.5 + second * 1.5 + third * 2.5}`,
          '',
        ].join('\n'),
      )
    }
  })

  test('writes no empty labels', () => {
    const series = new HistogramSeries(histogramShape('wait_seconds', [1]), '')
    expect(rendered(series)).toContain('wait_seconds_bucket{le="1.0"} 0\n')
    expect(rendered(series)).toContain('\nwait_seconds_count 0\nwait_seconds_sum 0\n')
  })

  test('counts what is no duration as 0 and Infinity in the last bucket', () => {
    const series = new HistogramSeries(histogramShape('wait_seconds', [1]), '')
    series.observe(Number.NaN)
    series.observe(-3)
    expect(rendered(series)).toContain('le="1.0"} 2\n')
    expect(rendered(series)).toContain('_sum 0\n')
    series.observe(Infinity)
    expect(rendered(series)).toContain('le="+Inf"} 3\nwait_seconds_count 3\nwait_seconds_sum +Inf\n')
  })

  test('shows the last traced value of each bucket, with its time, to OpenMetrics only', () => {
    const clock = createFakeClock(1_700_000_000_000)
    const series = new HistogramSeries(histogramShape('wait_seconds', [0.5, 1], { clock }), '')
    series.observe(0.25, 'first')
    series.observe(0.375, 'second')
    series.observe(0.125)
    series.observe(5, 'slow"')
    expect(rendered(series, 'openmetrics').split('\n')).toEqual([
      'wait_seconds_bucket{le="0.5"} 3 # {trace_id="second"} 0.375 1700000000.000',
      'wait_seconds_bucket{le="1.0"} 3',
      'wait_seconds_bucket{le="+Inf"} 4 # {trace_id="slow\\""} 5 1700000000.000',
      'wait_seconds_count 4',
      'wait_seconds_sum 5.75',
      '',
    ])
    expect(rendered(series)).not.toContain('#')
  })

  test('keeps no exemplars without a clock for them', () => {
    const series = new HistogramSeries(histogramShape('wait_seconds', [1]), '')
    series.observe(0.25, 'trace')
    expect(rendered(series, 'openmetrics')).not.toContain('#')
  })
})
