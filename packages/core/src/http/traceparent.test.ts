import { describe, expect, it } from 'vitest'
import { isSampled, parseTraceparent } from './traceparent.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'

describe('parseTraceparent', () => {
  it('reads version 00', () => {
    expect(parseTraceparent(`00-${traceId}-${spanId}-01`)).toEqual({ traceId, spanId, flags: '01' })
  })

  it('reads the known fields of a later version', () => {
    expect(parseTraceparent(`cc-${traceId}-${spanId}-01-what-the-future-brings`)).toMatchObject({
      traceId,
      spanId,
    })
  })

  it.each([
    ['nothing', undefined],
    ['two headers', [`00-${traceId}-${spanId}-01`, `00-${traceId}-${spanId}-01`]],
    ['version ff', `ff-${traceId}-${spanId}-01`],
    ['more fields in version 00', `00-${traceId}-${spanId}-01-x`],
    ['upper case', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['a short id', `00-${traceId.slice(1)}-${spanId}-01`],
    ['a trailing blank', `00-${traceId}-${spanId}-01 `],
  ])('takes %s for absent', (_name, header) => {
    expect(parseTraceparent(header)).toBeUndefined()
  })
})

describe('isSampled', () => {
  it('looks at the lowest bit alone', () => {
    expect(['01', 'ff', '03'].map(isSampled)).toEqual([true, true, true])
    expect(['00', '02', 'fe', '10', undefined].map(isSampled)).toEqual([false, false, false, false, false])
  })
})
