import { isKeelsonError } from '@keelson/core/errors'
import { describe, expect, test } from 'vitest'
import { createTracing, type TracingOptions } from './tracing.ts'

describe('createTracing', () => {
  test.each<object>([
    {},
    { service: 'delivery' },
    { endpoint: 'http://collector:4318' },
    { service: 'delivery', endpoint: 'collector:4318' },
    { service: 'delivery', endpoint: 'grpc://collector:4317' },
    { service: 'delivery', endpoint: 'http://collector:4318', sampleRatio: 1.5 },
    { service: 'delivery', endpoint: 'http://collector:4318', maxQueueCount: 0 },
    { service: 'delivery', endpoint: 'http://collector:4318', exporter: 'grpc' },
  ])('refuses %o', (options) => {
    // What a caller without types may pass.
    expect(() => createTracing(options as TracingOptions)).toThrow(
      expect.toSatisfy((error: unknown) => isKeelsonError(error, 'KEELSON_OTEL_OPTIONS_INVALID')),
    )
  })
})
