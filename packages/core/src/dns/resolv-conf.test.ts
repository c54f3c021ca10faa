import { describe, expect, it } from 'vitest'
import { searchDomainsOf } from './resolv-conf.ts'

describe('searchDomainsOf', () => {
  it('reads the last search list, in lower case and without trailing dots', () => {
    const text =
      'domain old.example\nnameserver 10.96.0.10\nsearch Prod.svc.cluster.local. svc.cluster.local  cluster.local\noptions ndots:5\n'
    expect(searchDomainsOf(text)).toEqual(['prod.svc.cluster.local', 'svc.cluster.local', 'cluster.local'])
  })

  it('finds nothing in a file without a list', () => {
    expect(searchDomainsOf('nameserver 10.0.0.1\n# search commented.example\n')).toEqual([])
    expect(searchDomainsOf('search .\n')).toEqual([])
  })
})
