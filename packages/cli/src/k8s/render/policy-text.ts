import { isIP } from 'node:net'
import type { ServiceCall, ServiceFacts, ServiceIdentity } from './render-facts.ts'

/** Text of `podmonitor.yaml`. */
export function podMonitorText(
  { name, serves }: ServiceIdentity,
  { httpPort, opsPort }: ServiceFacts,
): string {
  return `# Pods rather than a Service: the operations port need not be in one.
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name} }
spec:
  selector:
    matchLabels: { app.kubernetes.io/name: ${name} }
  podMetricsEndpoints:
    - { port: ${serves && httpPort === opsPort ? 'http' : 'ops'}, path: /metrics, interval: 15s }
`
}

/** Text of `networkpolicy.yaml`. */
export function networkPolicyText(identity: ServiceIdentity, facts: ServiceFacts): string {
  const { name, serves } = identity
  const opsName = serves && facts.httpPort === facts.opsPort ? 'http' : 'ops'
  const requests = `    # Requests: from this namespace, and from the ingress controller.
    - from:
        - podSelector: {}
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ingress-nginx } }
      ports: [{ port: http, protocol: TCP }]
`
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name} }
spec:
  podSelector:
    matchLabels: { app.kubernetes.io/name: ${name} }
  policyTypes: [Ingress, Egress]
  ingress:
${serves ? requests : ''}    # Metrics: from monitoring alone. Probes come from the node, which no policy stops.
    - from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: monitoring } } }]
      ports: [{ port: ${opsName}, protocol: TCP }]
  egress:
${egressText(facts, '    ')}`
}

/** What the service may call: the name server, and what it declares. */
export function egressText({ calls }: ServiceFacts, indent: string): string {
  const lines = [
    '- to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } } }]',
    '  ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]',
    ...calls.flatMap(callLines),
  ]
  return lines.map((line) => `${indent}${line}\n`).join('')
}

function callLines({ name, host, port }: ServiceCall): readonly string[] {
  const bare = host.replace(/^\[|\]$/g, '')
  if (bare === 'localhost' || bare.startsWith('127.') || bare === '::1')
    return [`# ${name} is ${host}:${port}, inside of the pod: no rule.`]
  const title = `# ${name}, ${host}:${port}`
  const version = isIP(bare)
  if (version !== 0)
    return [title, `- to: [{ ipBlock: { cidr: "${bare}/${version === 4 ? 32 : 128}" } }]`, ports(port)]
  const [service = '', namespace, svc] = bare.split('.')
  const isInCluster = namespace === undefined || svc === undefined || svc === 'svc'
  if (!isInCluster) return [title, '- to: [{ ipBlock: { cidr: 0.0.0.0/0 } }]', ports(port)]
  const pods = `podSelector: { matchLabels: { app.kubernetes.io/name: ${service} } }`
  const where =
    namespace === undefined
      ? ''
      : `, namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ${namespace} } }`
  // A policy sees the port of the pod, not that of the Service, and only the other side knows it.
  return [
    `${title}: any port of its pods, which need not be that of its Service`,
    `- to: [{ ${pods}${where} }]`,
  ]
}

function ports(port: number): string {
  return `  ports: [{ port: ${port}, protocol: TCP }]`
}
