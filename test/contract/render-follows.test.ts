// The manifests follow the service: its keys, the files of each environment, what an overlay sets; and never an edit.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fieldsAt, valueAt } from '../../packages/cli/src/k8s/fields.ts'
import {
  built,
  containerOf,
  createWorkshop,
  deploymentText,
  overlays,
  podOf,
  renderArgs,
  type RenderWorkshop,
} from './render-workshop.ts'

let shop: RenderWorkshop

beforeAll(() => {
  shop = createWorkshop()
})

afterAll(() => {
  shop[Symbol.dispose]()
})

function livenessOf(out: string, overlay: string): unknown {
  return fieldsAt(containerOf(out, overlay), 'livenessProbe')
}

describe('numbers of the manifests', () => {
  it('follow the grace, the drain delay and the stall limit of the service', () => {
    const definition = "export const definition = { name: 'a', config: {} }"
    const plain = shop.render(shop.service('plain', { 'src/service.ts': definition }))
    expect(podOf(plain, 'prod')).toMatchObject({ terminationGracePeriodSeconds: 30 })
    expect(livenessOf(plain, 'prod')).toMatchObject({ periodSeconds: 5, failureThreshold: 2 })

    const slow = { shutdown: { grace: '50s', drainDelay: '20s' }, ops: { stallLimit: '30s' } }
    const changed = shop.render(
      shop.service('slow', { 'src/service.ts': definition, 'config/default.json': JSON.stringify(slow) }),
    )
    expect(podOf(changed, 'prod')).toMatchObject({ terminationGracePeriodSeconds: 55 })
    const text = deploymentText(changed)
    expect(text).toContain('shutdown.grace 50 s + 5 s')
    expect(text).toContain('drain delay of 20 s')
    expect(text).toContain('ops.stallLimit 30 s, then 2 × 5 s: restarted after 40 s')
  })

  it('count a stuck thread by failures of the probe where the probe is asked of that thread', () => {
    const definition = "export const definition = { name: 'a', config: {} }"
    const files = {
      'src/service.ts': definition,
      'config/default.json': '{ "ops": { "thread": false, "stallLimit": "31s" } }',
    }
    expect(livenessOf(shop.render(shop.service('one-thread', files)), 'prod')).toMatchObject({
      failureThreshold: 7,
    })
    const shared = { 'src/service.ts': definition, 'config/default.json': '{ "ops": { "port": 8080 } }' }
    const out = shop.render(shop.service('one-port', shared))
    expect(livenessOf(out, 'prod')).toMatchObject({ failureThreshold: 4, httpGet: { port: 'http' } })
    expect(containerOf(out, 'prod')['ports']).toEqual([{ name: 'http', containerPort: 8080 }])
  })

  it('follow the files of each environment, and what an overlay sets itself', () => {
    const cwd = shop.service('several', {
      'src/service.ts':
        "export const definition = { name: 'a', dependencies: { b: { target: 'http://b:8080' } } }",
      'config/staging.json':
        '{ "shutdown": { "grace": "40s" }, "dependencies": { "b": { "target": "http://b.other:8080" } } }',
    })
    const out = shop.render(cwd)
    const graces = () =>
      overlays.map((overlay) => valueAt(podOf(out, overlay), 'terminationGracePeriodSeconds'))
    expect(graces()).toEqual([30, 45, 30])
    const policy = (overlay: string) =>
      JSON.stringify(built(out, overlay).find(({ kind }) => kind === 'NetworkPolicy')?.content)
    expect(policy('staging')).toContain('"kubernetes.io/metadata.name":"other"')
    expect(policy('prod')).not.toContain('"other"')
    writeFileSync(join(out, 'overlays/dev/config.env'), 'SHUTDOWN_GRACE=60s\n')
    const again = ['render', '--out', out, ...renderArgs]
    expect(shop.keelson([...again, '--check'], cwd).status).toBe(1)
    expect(shop.keelson(again, cwd).status).toBe(0)
    expect(graces()).toEqual([65, 45, 30])
    expect(shop.keelson([...again, '--check'], cwd)).toMatchObject({ status: 0 })
    for (const overlay of overlays)
      expect(shop.keelson(['lint', '--service', '-', join(out, 'overlays', overlay)], cwd).status).toBe(0)
  })

  it('give memory and heap together', () => {
    const cwd = shop.service('small', {
      'src/service.ts': "export const definition = { name: 'a', config: {} }",
    })
    const container = containerOf(shop.render(cwd, '--memory', '128Mi', '--cpu', '250m'), 'prod')
    expect(fieldsAt(container, 'resources')).toEqual({
      requests: { cpu: '250m', memory: '128Mi' },
      limits: { memory: '128Mi' },
    })
    expect(JSON.stringify(container)).toContain('--max-old-space-size-percentage=60 ')
  })
})

describe('keelson k8s render', () => {
  it('never writes over an edit, and says so', () => {
    const cwd = shop.service('edited', {
      'src/service.ts': "export const definition = { name: 'a', config: {} }",
      'package.json': '{ "version": "3.1.0" }',
    })
    expect(shop.keelson(['render'], cwd).status).toBe(0)
    expect(containerOf(join(cwd, 'k8s'), 'prod')['image']).toBe('a:3.1.0')
    writeFileSync(join(cwd, 'k8s/base/hpa.yaml'), '# mine\n')
    expect(shop.keelson(['render'], cwd)).toMatchObject({
      status: 0,
      output: expect.stringContaining('kept as it was edited: k8s/base/hpa.yaml'),
    })
    writeFileSync(join(cwd, 'k8s/base/deployment.yaml'), '# mine\n')
    const { status, output } = shop.keelson(['render', '--memory', '1Gi'], cwd)
    expect({ status, output }).toEqual({
      status: 1,
      output: expect.stringContaining('k8s/base/deployment.yaml was edited'),
    })
    expect(shop.keelson(['render', '--memory', '1Gi', '--force'], cwd).status).toBe(0)
    expect(JSON.stringify(podOf(join(cwd, 'k8s'), 'prod'))).toContain('1Gi')
  })

  it('refuses a service whose files are wrong, or whose ports differ between environments', () => {
    const definition = { 'src/service.ts': "export const definition = { name: 'a', config: {} }" }
    const wrong = shop.service('wrong-file', {
      ...definition,
      'config/staging.json': '{ "http": { "port": "x" } }',
    })
    expect(shop.keelson(['render'], wrong)).toMatchObject({
      status: 2,
      output: expect.stringContaining('http.port'),
    })
    const ports = shop.service('wrong-port', {
      ...definition,
      'config/staging.json': '{ "http": { "port": 9000 } }',
    })
    expect(shop.keelson(['render'], ports)).toMatchObject({
      status: 2,
      output: expect.stringContaining('9000 as httpPort'),
    })
  })
})
