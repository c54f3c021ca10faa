import { describe, expect, test } from 'vitest'
import { negotiate } from './accept.ts'

describe('negotiate', () => {
  test.each([
    ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'openmetrics'],
    ['application/openmetrics-text', 'openmetrics'],
    // Prometheus 2.42 and 3
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
    [
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;q=0.3,*/*;q=0.2',
      'openmetrics',
    ],
    ['APPLICATION/OPENMETRICS-TEXT', 'openmetrics'],
  ])('gives OpenMetrics to a caller that asks for it: %s', (accept, format) => {
    expect(negotiate(accept)).toBe(format)
  })

  test.each([
    [undefined],
    [''],
    ['*/*'],
    ['text/html'],
    ['text/plain, application/openmetrics-text;q=0.5'],
    ['application/openmetrics-text;version=1.0.0;q=0'],
    ['application/openmetrics-text;version=0.0.1'],
    ['application/openmetrics-text;q=much'],
    [';;,,q=;'],
  ])('gives text to everybody else: %s', (accept) => {
    expect(negotiate(accept)).toBe('text')
  })
})
