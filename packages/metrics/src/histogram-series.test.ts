import { describe, expect, test } from 'vitest'
import { HistogramSeries, histogramShape } from './histogram-series.ts'

describe('HistogramSeries', () => {
  test('counts a value in every bucket whose bound it does not exceed', () => {
    const series = new HistogramSeries(histogramShape('wait_seconds', [0.5, 1]), 'kind="a"')
    for (const value of [0.25, 0.5, 0.75, 1, 8]) series.observe(value)
    expect(series.render()).toBe(
      [
        'wait_seconds_bucket{kind="a",le="0.5"} 2',
        'wait_seconds_bucket{kind="a",le="1.0"} 4',
        'wait_seconds_bucket{kind="a",le="+Inf"} 5',
        'wait_seconds_sum{kind="a"} 10.5',
        'wait_seconds_count{kind="a"} 5',
        '',
      ].join('\n'),
    )
  })

  test('writes no empty labels', () => {
    const series = new HistogramSeries(histogramShape('wait_seconds', [1]), '')
    expect(series.render()).toContain('wait_seconds_bucket{le="1.0"} 0\n')
    expect(series.render()).toContain('\nwait_seconds_sum 0\nwait_seconds_count 0\n')
  })

  test('counts what is no duration as 0 and Infinity in the last bucket', () => {
    const series = new HistogramSeries(histogramShape('wait_seconds', [1]), '')
    series.observe(Number.NaN)
    series.observe(-3)
    expect(series.render()).toContain('le="1.0"} 2\n')
    expect(series.render()).toContain('_sum 0\n')
    series.observe(Infinity)
    expect(series.render()).toContain('le="+Inf"} 3\nwait_seconds_sum +Inf\nwait_seconds_count 3\n')
  })
})
