// The table that `keelson k8s lint` judges the form of objects by is what the installed models say, and two independent
// readings of Kubernetes' own description of its API agree with it.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { distil, shapesFile, shapesText } from '../../scripts/distil-kubernetes.ts'
import { readText, repositoryRoot } from '../../scripts/repository.ts'
import { readType } from '../../scripts/type-text.ts'
import { checkShape } from '../../packages/cli/src/k8s/object-shapes.ts'
import { readManifests } from '../../packages/cli/src/k8s/manifest.ts'

const shapes = await distil(repositoryRoot)
const models = join(repositoryRoot, 'node_modules/@kubernetes/client-node/dist/gen/models')

interface Attribute {
  readonly baseName: string
}

/** Fields of a type by the official client, where it has the type. */
async function officialFields(name: string): Promise<readonly string[] | undefined> {
  const match = /^(?:Core|Apps|Batch|Policy|Networking|Rbac|Scheduling|Autoscaling|Meta)(V[12])(\w+)$/.exec(
    name,
  )
  const file = join(models, `${match?.[1]}${match?.[2]}.js`)
  if (match === null || !existsSync(file)) return undefined
  // A module with the one class of its name.
  const classes = Object.values((await import(pathToFileURL(file).href)) as Record<string, unknown>)
  return classes.flatMap((one) =>
    typeof one === 'function' && 'getAttributeTypeMap' in one
      ? (one as unknown as { getAttributeTypeMap(): readonly Attribute[] }) // what the client generates
          .getAttributeTypeMap()
          .map(({ baseName }) => baseName)
      : [],
  )
}

describe('the table of Kubernetes objects', () => {
  it('is what the installed models say', () => {
    expect(readText(repositoryRoot, shapesFile)).toBe(shapesText(shapes))
  })

  it('has the fields that the official client has', async () => {
    const differences: Record<string, { missing: readonly string[]; more: readonly string[] }> = {}
    let compared = 0
    for (const [name, line] of Object.entries(shapes.types)) {
      const official = name.includes('.') || line.startsWith('=') ? undefined : await officialFields(name)
      if (official === undefined) continue
      compared++
      const ours = line.split(' ').map((field) => field.replace(/!?:.*/, ''))
      const missing = official.filter((field) => !ours.includes(field))
      const more = ours.filter((field) => !official.includes(field))
      if (missing.length + more.length > 0) differences[name] = { missing, more }
    }
    expect(compared).toBeGreaterThan(180)
    // Where the two were made from different releases of Kubernetes.
    expect(differences).toEqual({})
  })

  it('judges values as the validators of the models do', async () => {
    const file = new URL('../../packages/cli/test/fixtures/manifests.yaml', import.meta.url)
    const { manifests } = readManifests(readFileSync(file, 'utf8'), 'manifests.yaml')
    const wrong: readonly unknown[] = [0.5, 7, 'x', true, [], [1], {}, { a: 1 }, '512 MB']
    let disagreements = 0
    let count = 0
    for (const { content, kind } of manifests) {
      const apiVersion = String(content['apiVersion'])
      const type = shapes.kinds[`${apiVersion}/${kind}`] ?? ''
      const schema = type.startsWith('Monitoring')
        ? `@kubernetes-models/prometheus-operator/_schemas/ComGithubPrometheusOperatorPrometheusOperatorPkgApis${type}.js`
        : `kubernetes-models/_schemas/IoK8sApi${type}.js`
      const path = join(repositoryRoot, 'node_modules', schema)
      // Generated: it exports a validator.
      const { validate } = (await import(pathToFileURL(path).href)) as {
        validate: (value: unknown) => boolean
      }
      expect(validate(content)).toBe(true)
      for (const place of leavesOf(content))
        for (const value of wrong) {
          const mutated = withValue(content, place, value)
          const ours = (checkShape(mutated, apiVersion, kind) ?? []).filter(
            ({ kind: what }) => what !== 'field',
          )
          const isSame = validate(mutated) === (ours.length === 0)
          count++
          if (!isSame) {
            disagreements++
            expect.soft({ place: place.join('.'), value, ours }, 'the validators disagree').toBe(undefined)
          }
        }
    }
    expect(disagreements).toBe(0)
    expect(count).toBeGreaterThan(500)
  })
})

describe('readType', () => {
  it('reads the forms of generated declarations, and refuses others', () => {
    expect(readType('Array<IFoo>')).toEqual({ kind: 'list', of: { kind: 'name', name: 'IFoo' } })
    expect(readType('{\n [key: string]: Array<string>;\n}')).toMatchObject({
      kind: 'map',
      of: { kind: 'list' },
    })
    expect(readType('"A" | "B"')).toEqual({ kind: 'enum', values: ['A', 'B'] })
    expect(readType('{ "a"?: string; "b": { "c": number; }; }')).toMatchObject({
      kind: 'fields',
      fields: [
        { name: 'a', required: false },
        { name: 'b', required: true, type: { kind: 'fields' } },
      ],
    })
    expect(() => readType('Record<string, number>')).toThrow('What is')
    expect(() => readType('"A" | { "b": string; }')).toThrow('What is')
  })
})

type Place = readonly (string | number)[]

function leavesOf(value: unknown, place: Place = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [place]
  return Object.entries(value).flatMap(([name, one]) =>
    leavesOf(one, [...place, Array.isArray(value) ? Number(name) : name]),
  )
}

function withValue(content: unknown, place: Place, value: unknown): unknown {
  const copy: unknown = structuredClone(content)
  let node = copy
  for (const step of place.slice(0, -1)) node = (node as Record<string | number, unknown>)[step] // a leaf is below it
  const last = place.at(-1)
  if (last !== undefined) (node as Record<string | number, unknown>)[last] = value
  return copy
}
