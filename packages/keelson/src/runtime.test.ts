import { describe, expect, it } from 'vitest'
import { resolveRuntime } from './runtime.ts'

describe('resolveRuntime', () => {
  it.each([
    [{}, 'development', false],
    [{ NODE_ENV: 'production' }, 'production', true],
    [{ NODE_ENV: 'production', APP_ENV: 'staging' }, 'staging', true],
    [{ APP_ENV: 'production' }, 'production', true],
    [{ NODE_ENV: '', APP_ENV: '' }, 'development', false],
  ])('finds with %j the environment %s, production: %s', (env, environment, production) => {
    expect(resolveRuntime({ env })).toMatchObject({ environment, production })
  })

  it('knows Kubernetes by what the kubelet sets', () => {
    expect(resolveRuntime({ env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } }).inKubernetes).toBe(true)
    expect(resolveRuntime({ env: {} }).inKubernetes).toBe(false)
  })
})
