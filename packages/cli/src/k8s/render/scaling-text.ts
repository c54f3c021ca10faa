import type { ServiceIdentity } from './render-facts.ts'
import { replicasOf } from './render-options.ts'

/** Text of `pdb.yaml`. */
export function disruptionBudgetText({ name }: ServiceIdentity): string {
  return `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name} }
spec:
  # One at a time, whatever their number: a budget in pods that must stay blocks the drain of a node when few are left.
  maxUnavailable: 1
  # Pods that are not ready anyway may go: otherwise a broken rollout blocks nodes too.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: { app.kubernetes.io/name: ${name} }
`
}

/** Text of `hpa.yaml`. */
export function autoscalerText({ name }: ServiceIdentity): string {
  const { least, most } = replicasOf('')
  return `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name} }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: ${name} }
  # Two at least: with one, every drain of a node and every crash is an outage. Overlays say their own numbers.
  minReplicas: ${least}
  maxReplicas: ${most}
  metrics:
    # Of the request. Node runs on one core: with more than one requested, 70 % is never reached.
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } }
  behavior:
    # Slowly down: a pod that goes drains, and one that comes starts cold.
    scaleDown: { stabilizationWindowSeconds: 300 }
`
}

/** Text of the component that scales by KEDA in place of the autoscaler. */
export function kedaText({ name, serves }: ServiceIdentity): string {
  const { least, most } = replicasOf('')
  const query = serves
    ? `sum(rate(http_requests_total{service="${name}"}[2m]))`
    : `sum(rate(keelson_work_total{service="${name}"}[2m]))`
  return `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name} }
spec:
  scaleTargetRef: { name: ${name} }
  minReplicaCount: ${least}
  maxReplicaCount: ${most}
  cooldownPeriod: 300
  triggers:
    # By ${serves ? 'requests' : 'messages'} a second and pod. A queue is better scaled by its length: see keda.sh/docs/scalers.
    - type: prometheus
      metadata:
        serverAddress: http://prometheus.monitoring.svc:9090
        query: ${query}
        threshold: "50"
`
}
