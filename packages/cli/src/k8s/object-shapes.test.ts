import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { lintManifests } from './lint.ts'
import { readManifests } from './manifest.ts'
import { checkShape, knownKinds } from './object-shapes.ts'

const good = readFileSync(new URL('../../test/fixtures/manifests.yaml', import.meta.url), 'utf8')

function lint(text: string): readonly { id: string; problems: readonly string[] }[] {
  const files = [readManifests(text, 'all.yaml')]
  return lintManifests({ files, waivers: [], skips: new Map(), today: '2026-11-22' })
    .filter(({ status }) => status === 'fail')
    .map(({ id, problems }) => ({ id, problems }))
}

/** Replaces a text that must be there, so that a mutation cannot quietly change nothing. */
function replace(from: string, to: string): string {
  if (!good.includes(from)) throw new Error(`The manifests do not hold ${from}`)
  return good.replace(from, to)
}

// Fields that no other rule asks for, so that each mutation breaks one thing.
const mutations: readonly (readonly [what: string, id: string, text: string, problem: string])[] = [
  [
    'an unknown field of a container',
    'manifest.field',
    replace('image: registry', 'imagePullPolice: Always\n          image: registry'),
    'spec.template.spec.containers[0].imagePullPolice is no field here; did you mean imagePullPolicy?',
  ],
  [
    'an unknown field of a pod',
    'manifest.field',
    replace('enableServiceLinks: false', 'enableServiceLinks: false\n      hostNetwrok: true'),
    'spec.template.spec.hostNetwrok is no field here; did you mean hostNetwork?',
  ],
  [
    'a field of the pod one level too high',
    'manifest.field',
    replace('  template:\n', '  terminationGracePeriodSeconds: 45\n  template:\n'),
    'spec.terminationGracePeriodSeconds is no field here; there are ',
  ],
  [
    'an unknown field of a probe',
    'manifest.field',
    replace('periodSeconds: 5, timeoutSeconds: 2', 'periodSeconds: 5, timeoutSeconds: 2, initialDelay: 1'),
    'readinessProbe.initialDelay is no field here',
  ],
  [
    'an unknown field of a service port',
    'manifest.field',
    replace('targetPort: http }', 'targetPort: http, protcol: TCP }'),
    'spec.ports[0].protcol is no field here; did you mean protocol?',
  ],
  [
    'an unknown field of a budget',
    'manifest.field',
    replace('maxUnavailable: 1', 'maxUnavailable: 1\n  minAvialable: 1'),
    'spec.minAvialable is no field here; did you mean minAvailable?',
  ],
  [
    'an unknown field of an autoscaler',
    'manifest.field',
    replace('maxReplicas: 6', 'maxReplicas: 6\n  metric: []'),
    'spec.metric is no field here; did you mean metrics?',
  ],
  [
    'an unknown field of the metadata',
    'manifest.field',
    replace(
      'kind: ConfigMap\nmetadata: { name: delivery }',
      'kind: ConfigMap\nmetadata: { name: delivery, label: { a: b } }',
    ),
    'metadata.label is no field here; did you mean labels?',
  ],
  [
    'a number as a variable',
    'manifest.value',
    replace(
      '{ name: NODE_ENV, value: production }',
      '{ name: NODE_ENV, value: production }\n            - { name: LIMIT, value: 5 }',
    ),
    'env[1].value is 5, not a text',
  ],
  [
    'a boolean in a config map',
    'manifest.value',
    replace('data: { GREETING: Hello }', 'data: { GREETING: true }'),
    'data.GREETING is true, not a text',
  ],
  [
    'a text as a number of pods',
    'manifest.value',
    replace(
      'minReplicas: 2',
      'minReplicas: 2\n  behavior: { scaleDown: { stabilizationWindowSeconds: "300" } }',
    ),
    'spec.behavior.scaleDown.stabilizationWindowSeconds is "300", not a whole number',
  ],
  [
    'a fraction of a second',
    'manifest.value',
    replace('terminationGracePeriodSeconds: 45', 'terminationGracePeriodSeconds: 45.5'),
    'terminationGracePeriodSeconds is 45.5, not a whole number',
  ],
  [
    'a list that is none',
    'manifest.value',
    replace('args: [node, --max-old-space-size-percentage=70, dist/main.js]', 'args: node dist/main.js'),
    'args is "node dist/main.js", not a list',
  ],
  [
    'an object that is none',
    'manifest.value',
    replace('metadata: { name: delivery }\ndata', 'metadata: { name: delivery, annotations: [a] }\ndata'),
    'metadata.annotations is ["a"], not an object',
  ],
  [
    'a word that is none of the allowed',
    'manifest.value',
    replace('image: registry', 'imagePullPolicy: always\n          image: registry'),
    'imagePullPolicy is "always"; did you mean Always?',
  ],
  [
    'a quantity that is none',
    'manifest.value',
    replace('cpu: 100m', 'cpu: 100 m'),
    'resources.requests.cpu is "100 m", not a quantity',
  ],
  [
    'no largest number of pods',
    'manifest.required',
    replace('\n  maxReplicas: 6', ''),
    'spec.maxReplicas is missing',
  ],
  [
    'a port without its number',
    'manifest.required',
    replace(
      '- { name: ops, containerPort: 8081 }',
      '- { name: ops, containerPort: 8081 }\n            - { name: debug }',
    ),
    'ports[2].containerPort is missing',
  ],
  [
    'a version that is gone',
    'manifest.api-version',
    replace('apiVersion: policy/v1\n', 'apiVersion: policy/v1beta1\n'),
    'is policy/v1beta1; PodDisruptionBudget is in policy/v1',
  ],
  [
    'no version',
    'manifest.api-version',
    replace('apiVersion: v1\nkind: ConfigMap', 'kind: ConfigMap'),
    'has no apiVersion',
  ],
]

describe('checkShape', () => {
  it.each(mutations)('finds exactly what is wrong: %s (%s)', (_what, id, text, problem) => {
    const found = lint(text)
    expect(found.map((one) => one.id)).toEqual([id])
    expect(found[0]?.problems).toHaveLength(1)
    expect(found[0]?.problems[0]).toContain(problem)
  })

  it('says the line of the field', () => {
    const text = replace('image: registry', 'imagePullPolice: Always\n          image: registry')
    const line = text.split('\n').findIndex((one) => one.includes('imagePullPolice')) + 1
    expect(lint(text)[0]?.problems[0]).toMatch(new RegExp(`^all\\.yaml:${line} Deployment/delivery `))
    const list = JSON.stringify(
      { kind: 'List', items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: {} }] },
      undefined,
      2,
    )
    const at = list.split('\n').findIndex((one) => one.includes('"spec"')) + 1
    const [missing] = lint(list).filter(({ id }) => id === 'manifest.required')
    expect(missing?.problems[0]).toBe(`all.yaml:${at} Pod/a spec.containers is missing`)
  })

  it('leaves alone what the cluster writes, null, and kinds that it does not know', () => {
    const metadata = { name: 'a', creationTimestamp: null, managedFields: [{ manager: 'kubectl' }] }
    const spec = { selector: { matchLabels: {} }, template: { spec: { containers: [] } } }
    expect(
      checkShape(
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec, status: { x: 1 } },
        'apps/v1',
        'Deployment',
      ),
    ).toEqual([])
    expect(checkShape({ anything: 1 }, 'example.org/v1', 'Thing')).toBeUndefined()
    const knative =
      'apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: a }\nspec: { template: {} }\n'
    expect(lint(knative)).toEqual([])
  })

  it('knows the objects of a service, those of the operators included', () => {
    const wanted = [
      'v1/Service',
      'apps/v1/Deployment',
      'autoscaling/v2/HorizontalPodAutoscaler',
      'policy/v1/PodDisruptionBudget',
      'networking.k8s.io/v1/NetworkPolicy',
      'monitoring.coreos.com/v1/PodMonitor',
      'external-secrets.io/v1/ExternalSecret',
      'keda.sh/v1alpha1/ScaledObject',
    ]
    expect(wanted.filter((kind) => !knownKinds.includes(kind))).toEqual([])
  })
})
