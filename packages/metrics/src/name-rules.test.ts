import { describe, expect, test } from 'vitest'
import { isKeelsonError } from '@keelson/core/errors'
import type { MetricType } from './metric-definition.ts'
import { metricCatalogue } from './catalogue.ts'
import { checkNaming } from './name-rules.ts'

function isRefused(type: MetricType, name: string, labels: readonly string[] = [], help = 'Help.'): boolean {
  try {
    checkNaming({ name, type, help, labels })
    return false
  } catch (error) {
    if (isKeelsonError(error, 'KEELSON_METRICS_NAME_INVALID')) return true
    throw error
  }
}

describe('checkNaming', () => {
  test.each<[MetricType, string]>([
    ['counter', 'videos_served'],
    ['gauge', 'videos_total'],
    ['histogram', 'videos_total'],
    ['gauge', 'videos_count'],
    ['gauge', 'videos_sum'],
    ['histogram', 'videos_bucket'],
    ['gauge', 'video_gauge'],
    ['histogram', 'video_histogram_seconds'],
    ['gauge', 'videosServed'],
    ['gauge', 'delay_ms'],
    ['histogram', 'delay_milliseconds'],
    ['gauge', 'age_days'],
    ['gauge', 'size_kilobytes'],
    ['gauge', 'job:rate'],
    ['gauge', '9lives'],
    ['gauge', ''],
    ['gauge', 'keelson_mine'],
  ])('refuses a %s named %s', (type, name) => {
    expect(isRefused(type, name)).toBe(true)
  })

  test.each<[MetricType, string]>([
    ['counter', 'videos_served_total'],
    ['histogram', 'video_size_bytes'],
    ['histogram', 'delay_seconds'],
    ['gauge', 'queue_depth'],
    ['gauge', 's_is_fine_at_the_start'],
    ['counter', 'requests_count_total'],
    ['gauge', 'constructor_calls'],
  ])('takes a %s named %s', (type, name) => {
    expect(isRefused(type, name)).toBe(false)
  })

  test.each([['le'], ['quantile'], ['__name__'], ['videoKind'], ['video-kind'], ['']])(
    'refuses the label %s',
    (label) => {
      expect(isRefused('gauge', 'queue_depth', [label])).toBe(true)
    },
  )

  test('refuses a label that is named twice', () => {
    expect(isRefused('gauge', 'queue_depth', ['a', 'a'])).toBe(true)
  })

  test('refuses a metric without help', () => {
    expect(isRefused('gauge', 'queue_depth', [], ' ')).toBe(true)
  })

  test('takes the whole catalogue, the prefix of the chassis aside', () => {
    for (const { name, type, help, labels } of metricCatalogue) {
      expect(isRefused(type, name.replace(/^keelson_/, 'house_'), labels, help), name).toBe(false)
    }
  })
})
