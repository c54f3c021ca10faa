import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { acceptsGzip, compressed } from './compress.ts'

describe('acceptsGzip', () => {
  test.each(['gzip', 'deflate, gzip;q=0.5', 'GZIP', '*', 'br;q=1, *;q=0.1', 'gzip, *;q=0'])(
    'takes %j for yes',
    (header) => expect(acceptsGzip(header)).toBe(true),
  )

  test.each(['', 'identity', 'gzip;q=0', '*;q=0', 'gzip;q=0, *', 'gzip;q=x', 'x-gzip'])(
    'takes %j for no',
    (header) => expect(acceptsGzip(header)).toBe(false),
  )
})

describe('compressed', () => {
  const page = 'keelson_ready 1\n'.repeat(200)

  test('gives the same body, smaller', async () => {
    const bytes = await compressed(page, 'gzip')
    expect(bytes?.length).toBeLessThan(page.length / 10)
    expect(gunzipSync(bytes ?? '').toString()).toBe(page)
  })

  test('leaves a short body, and one for a caller who takes no gzip, as it is', async () => {
    expect(await compressed('short', 'gzip')).toBeUndefined()
    expect(await compressed(page, undefined)).toBeUndefined()
    expect(await compressed(page, 'br')).toBeUndefined()
  })
})
