import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildKustomization } from './build.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keelson-kustomize-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

function build(files: Readonly<Record<string, string>>, target = '.') {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const { manifests, problems } = buildKustomization(join(folder, target), folder)
  const objects = Object.fromEntries(manifests.map(({ kind, name, content }) => [`${kind}/${name}`, content]))
  return { manifests, objects, problems }
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { name: a }
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: a
          image: registry:5000/a:1
          envFrom: [{ configMapRef: { name: a } }]
          args: [x, y]
        - { name: b, image: b@sha256:00 }
`

/** An overlay that sets one entry of a config map of its base. */
function overlaid(value: string): Readonly<Record<string, string>> {
  return {
    'base/kustomization.yaml':
      'resources: [a.yaml]\nconfigMapGenerator: [{ name: a, literals: [A=1, B="x y"] }]\n',
    'base/a.yaml': deployment,
    'over/kustomization.yaml': `resources: [../base]\nconfigMapGenerator: [{ name: a, behavior: merge, literals: [A=${value}], envs: [c.env] }]\n`,
    'over/c.env': '# mine\n\nC=a=b\n',
  }
}

describe('buildKustomization', () => {
  it('merges patches into objects, lists with a key by their key, others as a whole', () => {
    const patch = `patches:
  - patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: a }
      spec:
        replicas: null
        template: { spec: { containers: [{ name: a, args: [z] }, { name: b, $patch: delete }, { name: c, image: c }] } }
`
    const { objects, problems } = build({
      'kustomization.yaml': `resources: [a.yaml]\n${patch}`,
      'a.yaml': deployment,
    })
    expect(problems).toEqual([])
    expect(objects['Deployment/a']?.['spec']).toEqual({
      template: {
        spec: {
          containers: [
            { name: 'c', image: 'c' },
            {
              name: 'a',
              image: 'registry:5000/a:1',
              envFrom: [{ configMapRef: { name: 'a' } }],
              args: ['z'],
            },
          ],
        },
      },
    })
  })

  it('replaces tags, names and digests of images', () => {
    const images =
      'images: [{ name: "registry:5000/a", newTag: "2" }, { name: b, newName: c, digest: "sha256:11" }]'
    const { objects } = build({
      'kustomization.yaml': `resources: [a.yaml]\n${images}\n`,
      'a.yaml': deployment,
    })
    expect(JSON.stringify(objects)).toContain('"registry:5000/a:2"')
    expect(JSON.stringify(objects)).toContain('"c@sha256:11"')
  })

  it('makes config maps whose name changes with their content, and renames what refers to them', () => {
    const first = build(overlaid('2'), 'over')
    const name = first.manifests.find(({ kind }) => kind === 'ConfigMap')?.name ?? ''
    expect(name).toMatch(/^a-[a-z0-9]{10}$/)
    expect(first.objects[`ConfigMap/${name}`]?.['data']).toEqual({ A: '2', B: 'x y', C: 'a=b' })
    expect(JSON.stringify(first.objects['Deployment/a'])).toContain(`"configMapRef":{"name":"${name}"}`)
    expect(build(overlaid('3'), 'over').manifests.find(({ kind }) => kind === 'ConfigMap')?.name).not.toBe(
      name,
    )
  })

  it('deletes what a component deletes, and keeps the place that objects come from', () => {
    const { manifests, objects } = build(
      {
        'base/kustomization.yaml': 'resources: [all.yaml]\n',
        'base/all.yaml': `${deployment}---\napiVersion: v1\nkind: Service\nmetadata: { name: a }\n`,
        'part/kustomization.yaml':
          'kind: Component\npatches:\n  - patch: |-\n      $patch: delete\n      kind: Service\n      metadata: { name: a }\n',
        'over/kustomization.yaml': 'resources: [../base]\ncomponents: [../part]\nnamespace: video\n',
      },
      'over',
    )
    expect(Object.keys(objects)).toEqual(['Deployment/a'])
    expect(objects['Deployment/a']?.['metadata']).toEqual({ name: 'a', namespace: 'video' })
    expect(manifests[0]?.file).toBe('base/all.yaml')
    expect(manifests[0]?.lineOf(['spec', 'replicas'])).toBe(5)
  })

  it.each([
    ['nameSuffix: -x\n', 'nameSuffix is not understood here'],
    ['resources: [absent.yaml]\n', 'absent.yaml is not there'],
    ['patches: [{ patch: "kind: Service\\nmetadata: { name: z }" }]\n', 'Service/z, which is not there'],
    ['patches: [{ patch: "- { op: remove, path: /x }" }]\n', 'one strategic merge patch is'],
    ['configMapGenerator: [{ name: a, behavior: merge }]\n', 'there is no config map a to merge'],
    ['configMapGenerator: [{ name: a, envs: [absent.env] }]\n', 'ENOENT'],
  ])('says what it does not understand: %j', (text, problem) => {
    expect(build({ 'kustomization.yaml': text }).problems).toEqual([expect.stringContaining(problem)])
  })

  it('says where there is nothing to build', () => {
    expect(build({ 'x/y': '' }, 'x').problems).toEqual(['x: there is no kustomization.yaml'])
  })
})
