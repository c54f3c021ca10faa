import { isKeelsonError } from '@keelson/core/errors'
import { describe, expect, it } from 'vitest'
import { createEtcdSource, type EtcdSourceOptions } from './etcd-source.ts'

const options = { endpoints: 'http://127.0.0.1:2379', org: 'acme', env: 'prod', service: 'catalog' }

describe('options of createEtcdSource', () => {
  it('takes endpoints as a list or separated by commas', () => {
    for (const endpoints of ['https://a:1, https://b:2/', ['http://a:1', 'http://[::1]:2']]) {
      expect(createEtcdSource({ ...options, endpoints }).name).toBe('etcd')
    }
  })

  it('lets a password go over http on this machine, over https, and where nobody minds', () => {
    const user = { ...options, username: 'u', password: 'p' }
    expect(createEtcdSource({ ...user, securePasswords: true }).name).toBe('etcd')
    expect(createEtcdSource({ ...user, endpoints: 'https://a:1', securePasswords: true }).name).toBe('etcd')
    expect(createEtcdSource({ ...user, endpoints: 'http://a:1' }).name).toBe('etcd')
  })

  it('is required unless said otherwise', () => {
    expect(createEtcdSource(options).required).toBe(true)
    expect(createEtcdSource({ ...options, required: false }).required).toBe(false)
  })

  it.each([
    ['no endpoint', { endpoints: '' }],
    ['an endpoint without scheme', { endpoints: 'a:2379' }],
    ['an endpoint without port', { endpoints: 'http://a' }],
    ['an endpoint with user and password', { endpoints: 'http://user:hunter2@a:1' }],
    ['a slash in a segment', { org: 'a/b' }],
    ['an empty segment', { env: '' }],
    ['the shared name for a service', { service: '_shared' }],
    ['a time-out of nothing', { callTimeoutMs: 0 }],
    ['a reconcile every millisecond', { reconcileMs: 1 }],
    ['an unknown option', { prefix: '/' }],
    ['https beside http', { endpoints: 'http://a:1,https://b:2' }],
    ['an unknown word for required', { required: 'maybe' }],
    ['TLS that is no object', { tls: 'ca.pem' }],
    ['an unknown TLS file', { endpoints: 'https://a:1', tls: { caPath: 'ca.pem' } }],
    [
      'a password over http where that is unwanted',
      { endpoints: 'http://a:1', username: 'u', password: 'hunter2', securePasswords: true },
    ],
    ['a TLS file for http', { tls: { caFile: 'ca.pem' } }],
    ['a certificate without its key', { endpoints: 'https://a:1', tls: { certFile: 'c.pem' } }],
  ])('refuses %s', (_, wrong) => {
    try {
      createEtcdSource({ ...options, ...(wrong as Partial<EtcdSourceOptions>) }) // wrong on purpose
      expect.unreachable()
    } catch (error) {
      expect(isKeelsonError(error, 'KEELSON_ETCD_OPTIONS_INVALID')).toBe(true)
      expect(String(error)).not.toContain('hunter2')
    }
  })
})
