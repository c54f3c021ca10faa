import { livenessFailures, podGraceSeconds } from './deployment-text.ts'
import { egressText } from './policy-text.ts'
import type { ServiceFacts, ServiceIdentity } from './render-facts.ts'
import { replicasOf, type RenderChoices, type RenderOverlay } from './render-options.ts'

const head = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n'

/** Text of `base/kustomization.yaml`. */
export function baseText({ name, serves }: ServiceIdentity): string {
  const resources = [
    'deployment.yaml',
    ...(serves ? ['service.yaml'] : []),
    'serviceaccount.yaml',
    'pdb.yaml',
    'hpa.yaml',
    'podmonitor.yaml',
    'networkpolicy.yaml',
  ]
  return `${head}resources:
${resources.map((file) => `  - ${file}\n`).join('')}# The name gets the hash of the content: a change of configuration is a rollout, and a roll-back brings the old values back.
configMapGenerator:
  - name: ${name}
    literals: [NODE_ENV=production]
`
}

/** Text of the `kustomization.yaml` of an overlay. */
export function overlayText(
  { name: overlay, environment }: RenderOverlay,
  { name }: ServiceIdentity,
  facts: ServiceFacts,
  base: ServiceFacts,
  { image, tag, components }: RenderChoices,
): string {
  const { least, most } = replicasOf(environment)
  const used = components.map((component) => `  - ../../components/${component}\n`).join('')
  const hasAutoscaler = !components.includes('keda')
  const patches = [
    ...(hasAutoscaler
      ? [
          `  - patch: |-
      apiVersion: autoscaling/v2
      kind: HorizontalPodAutoscaler
      metadata: { name: ${name} }
      spec: { minReplicas: ${least}, maxReplicas: ${most} }
`,
        ]
      : [
          `  - patch: |-
      apiVersion: keda.sh/v1alpha1
      kind: ScaledObject
      metadata: { name: ${name} }
      spec: { minReplicaCount: ${least}, maxReplicaCount: ${most} }
`,
        ]),
    ...differences(name, facts, base),
  ]
  return `${head}# ${overlay}: the environment ${environment}, config/${environment}.json of the service.
resources:
  - ../../base
${used === '' ? '' : `components:\n${used}`}images:
  - { name: ${image}, newTag: "${tag}" }
configMapGenerator:
  - name: ${name}
    behavior: merge
    literals: [APP_ENV=${environment}]
    # Yours: one NAME=value a line. It is never overwritten.
    envs: [config.env]
patches:
${patches.join('')}`
}

/** Patches for what this environment's files have other than those that the base was made of. */
function differences(name: string, facts: ServiceFacts, base: ServiceFacts): readonly string[] {
  const grace = podGraceSeconds(facts)
  const failures = livenessFailures(facts)
  const pod = [
    ...(grace === podGraceSeconds(base)
      ? []
      : [
          `          # shutdown.grace ${facts.graceMs / 1000} s here.\n          terminationGracePeriodSeconds: ${grace}\n`,
        ]),
    ...(failures === livenessFailures(base)
      ? []
      : [
          `          # ops.stallLimit ${facts.stallLimitMs / 1000} s here.\n          containers: [{ name: ${name}, livenessProbe: { failureThreshold: ${failures} } }]\n`,
        ]),
  ]
  const deployment = `  - patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata: { name: ${name} }
      spec:
        template:
          spec:
${pod.join('').replaceAll(/^/gm, '  ').trimEnd()}
`
  const indent = '          '
  const policy = `  - patch: |-
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: { name: ${name} }
      spec:
        egress:
${egressText(facts, indent)}`
  return [
    ...(pod.length === 0 ? [] : [deployment]),
    ...(egressText(facts, '') === egressText(base, '') ? [] : [policy]),
  ]
}

/** Text of the `config.env` of an overlay, which belongs to the user from then on. */
export function configEnvText({ required }: ServiceIdentity, { environment }: RenderOverlay): string {
  const lines = required.map((variable) => `# ${variable}=\n`).join('')
  return `# Variables of the service in ${environment}, NAME=value a line. Secrets belong into a Secret.\n${
    required.length === 0
      ? ''
      : `# These have no default, and must be set here unless config/${environment}.json sets them:\n${lines}`
  }`
}

/** Text of the `kustomization.yaml` of the component for KEDA. */
export function kedaComponentText({ name }: ServiceIdentity): string {
  return `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources:
  - scaledobject.yaml
# KEDA makes an autoscaler of its own; two would pull at one deployment.
patches:
  - patch: |-
      $patch: delete
      apiVersion: autoscaling/v2
      kind: HorizontalPodAutoscaler
      metadata: { name: ${name} }
`
}

/** Text of the `kustomization.yaml` of the component for External Secrets. */
export function externalSecretComponentText(): string {
  return `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources:
  - externalsecret.yaml
`
}

/** Text of `externalsecret.yaml`. */
export function externalSecretText({ name, secrets }: ServiceIdentity): string {
  const required = secrets.filter((one) => one.required)
  const data = required
    .map(
      ({ variable }) =>
        `    - { secretKey: ${variable}, remoteRef: { key: ${name}, property: ${variable} } }\n`,
    )
    .join('')
  const optional = secrets.filter((one) => !one.required).map(({ variable }) => variable)
  const source =
    required.length === 0
      ? `  # Every property of the secret is a variable.\n  dataFrom: [{ extract: { key: ${name} } }]\n`
      : `  data:\n${data}`
  return `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name} }
spec:
  refreshInterval: 1h
  # The store of your cluster.
  secretStoreRef: { kind: ClusterSecretStore, name: default }
  target: { name: ${name}, creationPolicy: Owner }
${source}${optional.length === 0 ? '' : `  # Secrets that the service takes and does not need: ${optional.join(', ')}\n`}`
}
