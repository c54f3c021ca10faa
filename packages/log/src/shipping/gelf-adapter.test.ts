import { isKeelsonError } from '@keelson/core/errors'
import { describe, expect, test } from 'vitest'
import { createGelfAdapter } from './gelf-adapter.ts'

describe('createGelfAdapter', () => {
  test.each([
    ['no address', {}],
    ['another protocol', { url: 'http://graylog:12201' }],
    ['an unknown option', { url: 'udp://graylog', hosts: [] }],
    ['an empty queue', { url: 'udp://graylog', maxQueueCount: 0 }],
    ['a queue of few bytes', { url: 'udp://graylog', maxQueueBytes: 1000 }],
  ])('refuses %s', (_case, options) => {
    let thrown: unknown
    try {
      Reflect.apply(createGelfAdapter, undefined, [options])
    } catch (error) {
      thrown = error
    }
    expect(isKeelsonError(thrown, 'KEELSON_LOG_OPTIONS_INVALID')).toBe(true)
  })
})
