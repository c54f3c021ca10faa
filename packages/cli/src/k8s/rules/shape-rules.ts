import { textAt } from '../fields.ts'
import type { Manifest } from '../manifest.ts'
import { checkShape, knownKinds, type ShapeFault } from '../object-shapes.ts'
import type { Rule, RuleFinding } from '../rule.ts'
import type { FieldPath } from '../yaml-adapter.ts'

/** Rules for the form of every object whose kind is known: what a strict API would say. */
export const shapeRules: readonly Rule[] = [
  {
    id: 'manifest.api-version',
    level: 'error',
    title: 'objects are of a version that Kubernetes serves',
    reason:
      'Versions that were taken out of Kubernetes are refused, at the latest when the cluster is renewed.',
    remedy: 'Use the version that the finding names; its fields may have other names.',
    find: ({ manifests }) =>
      manifests.flatMap((manifest) => {
        const problem = versionProblem(manifest)
        return problem === undefined ? [] : [{ manifest, problem, path: ['apiVersion'] }]
      }),
  },
  {
    id: 'manifest.field',
    level: 'error',
    title: 'every field is one that Kubernetes knows',
    reason:
      'A field with a typing error is dropped without a word, and what it should have said is not in force.',
    remedy: 'Correct the name, or its place in the object.',
    find: eachFault('field'),
  },
  {
    id: 'manifest.value',
    level: 'error',
    title: 'every value is of the type that its field takes',
    reason: 'The API refuses the object; numbers and booleans in environment variables are the usual case.',
    remedy: 'Write the type that the finding names; quote what must be text.',
    find: eachFault('value'),
  },
  {
    id: 'manifest.required',
    level: 'error',
    title: 'every field that an object needs is there',
    reason: 'The API refuses the object.',
    remedy: 'Add the field.',
    find: eachFault('required'),
  },
]

/** A path as people write it: `spec.containers[0].ports`. */
export function showPath(path: FieldPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      if (!/^[A-Za-z_]\w*$/.test(step)) return `["${step}"]`
      return index === 0 ? step : `.${step}`
    })
    .join('')
}

function eachFault(kind: ShapeFault['kind']): Rule['find'] {
  return ({ manifests }) =>
    manifests.flatMap((manifest): readonly RuleFinding[] =>
      (checkShape(manifest.content, textAt(manifest.content, 'apiVersion') ?? '', manifest.kind) ?? [])
        .filter((fault) => fault.kind === kind)
        .map(({ path, problem }) => ({ manifest, problem: `${showPath(path)} ${problem}`, path })),
    )
}

/** Groups that Kubernetes itself serves, today or once: their versions are known in full. */
const ownGroups = new Set(['', 'apps', 'batch', 'autoscaling', 'policy', 'extensions'])

function versionProblem({ content, kind }: Manifest): string | undefined {
  const apiVersion = textAt(content, 'apiVersion')
  if (apiVersion === undefined) return 'has no apiVersion'
  if (knownKinds.includes(`${apiVersion}/${kind}`)) return undefined
  const served = knownKinds
    .filter((known) => known.endsWith(`/${kind}`))
    .map((known) => known.slice(0, -kind.length - 1))
  const group = groupOf(apiVersion)
  // Others have kinds of the same name: a Service of Knative is none of Kubernetes.
  const isOurs =
    ownGroups.has(group) || group.endsWith('.k8s.io') || served.some((one) => groupOf(one) === group)
  return isOurs && served.length > 0 ? `is ${apiVersion}; ${kind} is in ${served.join(', ')}` : undefined
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}
