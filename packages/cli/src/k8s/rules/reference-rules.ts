import { fieldsAt, listAt, numberAt, textAt, valueAt, type Fields } from '../fields.ts'
import type { Workload } from '../manifest.ts'
import { eachOf, eachWorkload, type Cluster, type Rule } from '../rule.ts'

const nameLabel = 'app.kubernetes.io/name'

/** Rules for what objects say of each other. Objects that are not among what was read are told only where all were. */
export const referenceRules: readonly Rule[] = [
  {
    id: 'labels.selector',
    level: 'error',
    title: 'the selector of a workload selects its own pods',
    reason: 'The API refuses a workload whose pods it would not find.',
    remedy: 'Repeat spec.selector.matchLabels in the labels of the template.',
    find: eachWorkload(({ manifest, labels }) => {
      const selector = fieldsAt(manifest.content, 'spec', 'selector', 'matchLabels')
      return selects(selector, labels) || Object.keys(selector).length === 0
        ? []
        : [`selects ${show(selector)}, its pods are ${show(labels)}`]
    }),
  },
  {
    id: 'labels.recommended',
    level: 'warning',
    title: `pods carry the label ${nameLabel}`,
    reason: 'Dashboards, alerts and people find the pods of a service by it.',
    remedy: `Set ${nameLabel} on the workload and in its template.`,
    find: eachWorkload(({ manifest, labels }) => [
      ...(textAt(manifest.content, 'metadata', 'labels', nameLabel) === undefined
        ? [`has no label ${nameLabel}`]
        : []),
      ...(labels[nameLabel] === undefined && manifest.kind !== 'Pod'
        ? [`its template has no label ${nameLabel}`]
        : []),
    ]),
  },
  {
    id: 'service.selector',
    level: 'error',
    title: 'every service selects pods',
    reason: 'A service that selects nothing refuses every connection.',
    remedy: 'Make the selector a part of the labels of the template.',
    find: eachOf('Service', ({ content }, { workloads }) => {
      const selector = fieldsAt(content, 'spec', 'selector')
      if (Object.keys(selector).length === 0 || workloads.length === 0) return []
      return workloads.some(({ labels }) => selects(selector, labels))
        ? []
        : [`selects ${show(selector)}, which no pod is`]
    }),
  },
  {
    id: 'service.port',
    level: 'error',
    title: 'services lead to ports that their pods declare',
    reason: 'A port with a typing error refuses every connection.',
    remedy: 'Name the port in the container and use the name as targetPort.',
    find: eachOf('Service', ({ content }, { workloads }) => {
      const selected = selectedBy(fieldsAt(content, 'spec', 'selector'), workloads)
      if (selected.length === 0) return []
      return listAt(content, 'spec', 'ports').flatMap((port) => {
        const target = valueAt(port, 'targetPort') ?? valueAt(port, 'port')
        const isThere = selected.some(({ containers }) =>
          containers.some((container) => declares(container, target)),
        )
        return isThere ? [] : [`leads to port ${JSON.stringify(target)}, which no container declares`]
      })
    }),
  },
  {
    id: 'references.config-map',
    level: 'error',
    title: 'config maps that pods need are there',
    reason: 'A pod whose config map is missing does not start.',
    remedy: 'Correct the name, add the config map, or mark the reference optional.',
    find: eachWorkload((workload, { manifests }) => {
      const known = new Set(manifests.flatMap(({ kind, name }) => (kind === 'ConfigMap' ? [name] : [])))
      // Where none was read they are made elsewhere.
      return known.size === 0
        ? []
        : [...new Set(configMapsOf(workload))]
            .filter((name) => !known.has(name))
            .map((name) => `needs the config map ${name}, which is not there`)
    }),
  },
  {
    id: 'references.volume',
    level: 'error',
    title: 'mounts name volumes of their pod',
    reason: 'The API refuses a pod whose mount has no volume.',
    remedy: 'Correct the name, or add the volume.',
    find: eachWorkload(({ manifest, pod, containers }) => {
      const templates = listAt(manifest.content, 'spec', 'volumeClaimTemplates').map((one) =>
        textAt(one, 'metadata', 'name'),
      )
      const known = new Set([...listAt(pod, 'volumes').map((volume) => textAt(volume, 'name')), ...templates])
      const mounted = containers.flatMap((container) =>
        listAt(container, 'volumeMounts').map((mount) => textAt(mount, 'name')),
      )
      return [...new Set(mounted)]
        .filter((name) => !known.has(name))
        .map((name) => `mounts ${name}, which is no volume of the pod`)
    }),
  },
  {
    id: 'references.autoscaler',
    level: 'error',
    title: 'autoscalers scale something that is there',
    reason: 'An autoscaler with a typing error never scales.',
    remedy: 'Correct spec.scaleTargetRef.',
    find: eachOf('HorizontalPodAutoscaler', ({ content }, { workloads }) => {
      const [kind, name] = ['kind', 'name'].map((field) => textAt(content, 'spec', 'scaleTargetRef', field))
      const isThere = workloads.some(({ manifest }) => manifest.kind === kind && manifest.name === name)
      return isThere || workloads.length === 0 ? [] : [`scales ${kind} ${name}, which is not there`]
    }),
  },
  {
    id: 'references.disruption-budget',
    level: 'error',
    title: 'disruption budgets select pods, and let one go',
    reason:
      'A budget that selects nothing protects nothing; one that lets no pod go blocks every drain of a node.',
    remedy: 'maxUnavailable: 1, and the labels of the template as selector.',
    find: eachOf('PodDisruptionBudget', ({ content }, cluster) => {
      const selector = fieldsAt(content, 'spec', 'selector', 'matchLabels')
      const selected = selectedBy(selector, cluster.workloads)
      if (selected.length === 0)
        return cluster.workloads.length === 0 ? [] : [`selects ${show(selector)}, which no pod is`]
      return selected.some((workload) => blocks(content, workload, cluster)) ? ['lets no pod go'] : []
    }),
  },
  {
    id: 'references.pod-monitor',
    level: 'error',
    title: 'pod monitors select pods, and ask ports that they declare',
    reason:
      'A monitor with a typing error scrapes nothing, and an alert on metrics that are not there never fires.',
    remedy: 'The labels of the template as selector; the name of a port of the container as port.',
    find: eachOf('PodMonitor', ({ content }, { workloads }) => {
      // Pods of other namespaces are hardly among what was read.
      if (workloads.length === 0 || content['spec'] === undefined) return []
      if (Object.keys(fieldsAt(content, 'spec', 'namespaceSelector')).length > 0) return []
      const selector = fieldsAt(content, 'spec', 'selector', 'matchLabels')
      // All pods, or an expression.
      if (Object.keys(selector).length === 0) return []
      const selected = selectedBy(selector, workloads)
      if (selected.length === 0) return [`selects ${show(selector)}, which no pod is`]
      return listAt(content, 'spec', 'podMetricsEndpoints').flatMap((endpoint) => {
        const port = textAt(endpoint, 'port')
        const isThere = selected.some(({ containers }) =>
          containers.some((container) => declares(container, port)),
        )
        return port === undefined || isThere ? [] : [`asks port ${port}, which no container declares`]
      })
    }),
  },
  {
    id: 'references.network-policy',
    level: 'error',
    title: 'network policies select pods',
    reason: 'A policy that selects nothing protects nothing, and looks as if it did.',
    remedy: 'The labels of the template as podSelector; an empty one selects every pod of the namespace.',
    find: eachOf('NetworkPolicy', ({ content }, { workloads }) => {
      const selector = fieldsAt(content, 'spec', 'podSelector', 'matchLabels')
      // All pods, or an expression.
      const isOpen = Object.keys(selector).length === 0
      return isOpen || workloads.length === 0 || selectedBy(selector, workloads).length > 0
        ? []
        : [`selects ${show(selector)}, which no pod is`]
    }),
  },
  {
    id: 'replicas.single',
    level: 'warning',
    title: 'a deployment runs more than one pod',
    reason: 'With one pod every drain of a node, and every crash, is an outage.',
    remedy: 'replicas: 2, or an autoscaler with minReplicas: 2.',
    find: eachOf('Deployment', ({ content, name }, { manifests }) => {
      const hasScaler = manifests.some(
        (one) =>
          (one.kind === 'HorizontalPodAutoscaler' || one.kind === 'ScaledObject') &&
          textAt(one.content, 'spec', 'scaleTargetRef', 'name') === name,
      )
      const replicas = numberAt(content, 'spec', 'replicas') ?? 1
      return replicas < 2 && !hasScaler ? [`runs ${replicas} pod`] : []
    }),
  },
]

function selects(selector: Fields, labels: Fields): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value)
}

function selectedBy(selector: Fields, workloads: readonly Workload[]): readonly Workload[] {
  return Object.keys(selector).length === 0 ? [] : workloads.filter(({ labels }) => selects(selector, labels))
}

function declares(container: Fields, target: unknown): boolean {
  return listAt(container, 'ports').some(
    (port) => textAt(port, 'name') === target || numberAt(port, 'containerPort') === target,
  )
}

function configMapsOf({ pod, containers }: Workload): readonly string[] {
  const references = [
    ...containers.flatMap((container) => [
      ...listAt(container, 'envFrom').map((from) => fieldsAt(from, 'configMapRef')),
      ...listAt(container, 'env').map((one) => fieldsAt(one, 'valueFrom', 'configMapKeyRef')),
    ]),
    ...listAt(pod, 'volumes').map((volume) => fieldsAt(volume, 'configMap')),
  ]
  return references.flatMap((reference) =>
    reference['optional'] === true ? [] : (textAt(reference, 'name') ?? []),
  )
}

function blocks(budget: Fields, { manifest }: Workload, { manifests }: Cluster): boolean {
  const maxUnavailable = valueAt(budget, 'spec', 'maxUnavailable')
  const minAvailable = valueAt(budget, 'spec', 'minAvailable')
  if (maxUnavailable === 0 || maxUnavailable === '0%' || minAvailable === '100%') return true
  const scaler = manifests.find(
    (one) =>
      one.kind === 'HorizontalPodAutoscaler' &&
      textAt(one.content, 'spec', 'scaleTargetRef', 'name') === manifest.name,
  )
  const least =
    numberAt(scaler?.content, 'spec', 'minReplicas') ?? numberAt(manifest.content, 'spec', 'replicas') ?? 1
  return typeof minAvailable === 'number' && minAvailable >= least
}

function show(labels: Fields): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(', ')
}
