import { describe, expect, it } from 'vitest'
import { clusterNames } from './cluster-names.ts'

const searchDomains = ['prod.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.example']

function candidates(hostname: string): readonly string[] | undefined {
  return clusterNames(searchDomains, (name) => name === 'aliased')?.(hostname)
}

describe('clusterNames', () => {
  it.each([
    ['catalog', 'catalog.prod.svc.cluster.local'],
    ['Catalog', 'catalog.prod.svc.cluster.local'],
    ['catalog.other', 'catalog.other.svc.cluster.local'],
    ['catalog.other.svc', 'catalog.other.svc.cluster.local'],
    ['pod-0.catalog.other.svc', 'pod-0.catalog.other.svc.cluster.local'],
    ['catalog.other.svc.cluster.local', 'catalog.other.svc.cluster.local'],
    ['catalog.other.svc.cluster.local.', 'catalog.other.svc.cluster.local'],
    ['api.example.com', 'api.example.com'],
  ])('asks for %s as %s first', (hostname, first) => {
    expect(candidates(hostname)?.[0]).toBe(first)
  })

  it('asks for a full name of the cluster, and for an absolute one, in one form only', () => {
    expect(candidates('catalog.other.svc.cluster.local')).toHaveLength(1)
    expect(candidates('catalog.other.svc')).toHaveLength(1)
    expect(candidates('example.com.')).toEqual(['example.com'])
  })

  it('asks for a name of two parts as a service, then as it is, then in every domain of the list', () => {
    expect(candidates('example.com')).toEqual([
      'example.com.svc.cluster.local',
      'example.com',
      'example.com.prod.svc.cluster.local',
      'example.com.cluster.local',
      'example.com.corp.example',
    ])
  })

  it.each(['localhost', 'api.localhost', '127.0.0.1', '::1', 'aliased', ''])(
    'leaves %j to the system',
    (name) => {
      expect(candidates(name)).toBeUndefined()
    },
  )

  it('is nothing outside of a cluster', () => {
    expect(clusterNames(['corp.example'], () => false)).toBeUndefined()
    expect(clusterNames([], () => false)).toBeUndefined()
  })
})
