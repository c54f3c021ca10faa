import { describe, expect, it } from 'vitest'
import { keySpace, sourceEntries } from './key-space.ts'

describe('sourceEntries', () => {
  it('turns levels into dots and says where each value is from', () => {
    const { service } = keySpace('acme', 'prod', 'catalog')
    const key = '/acme/prod/catalog/db/pool/maxSize'
    expect(sourceEntries(service, [{ key, text: '5', modRevision: '812' }])).toEqual({
      entries: [
        { key: 'db.pool.maxSize', text: '5', origin: 'etcd /acme/prod/catalog/db/pool/maxSize@rev 812' },
      ],
      strange: [],
    })
  })

  it.each(['', 'db//port', 'db.port', 'db/port/', '/db', 'a b', 'ü', '__proto__.x', 'a\n'])(
    'takes %j for no key of a configuration',
    (path) => {
      const key = `/a/b/c/${path}`
      expect(sourceEntries('/a/b/c/', [{ key, text: '', modRevision: '1' }])).toEqual({
        entries: [],
        strange: [key],
      })
    },
  )
})
