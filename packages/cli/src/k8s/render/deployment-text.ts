import { parseQuantity } from '../quantity.ts'
import type { ServiceFacts, ServiceIdentity } from './render-facts.ts'
import type { RenderChoices } from './render-options.ts'

/** What the pod gets on top of the service's own grace: closers that are late, the last lines, the exit (DESIGN §3.2). */
const MARGIN_SECONDS = 5
/** The probe is asked so often, in seconds; liveness is answered from memory and costs nothing. */
const LIVENESS_PERIOD = 5
const LIVENESS_FAILURES = 2
/** Below this V8's young generation, buffers and code need more than 30 % of the limit. */
const SMALL_BYTES = 256 * 2 ** 20

/** Grace of the pod, in seconds. */
export function podGraceSeconds({ graceMs }: ServiceFacts): number {
  return Math.ceil(graceMs / 1000) + MARGIN_SECONDS
}

/** Failures of the liveness probe after which the container is restarted. */
export function livenessFailures({ stallLimitMs, probesApart }: ServiceFacts): number {
  // Without the probe thread a busy main thread delays the probe itself: the limit is then counted by its failures.
  return probesApart
    ? LIVENESS_FAILURES
    : Math.max(LIVENESS_FAILURES, Math.ceil(stallLimitMs / 1000 / LIVENESS_PERIOD))
}

/** Text of `deployment.yaml`. */
export function deploymentText(
  identity: ServiceIdentity,
  facts: ServiceFacts,
  { image, tag, memory, cpu }: RenderChoices,
): string {
  const { name, serves, secrets } = identity
  const { httpPort, opsPort, stateDir } = facts
  const opsName = serves && httpPort === opsPort ? 'http' : 'ops'
  const ports = [
    ...(serves ? [`            - { name: http, containerPort: ${httpPort} }`] : []),
    ...(opsName === 'ops' ? [`            - { name: ops, containerPort: ${opsPort} }`] : []),
  ]
  const secretIsOptional = !secrets.some(({ required }) => required)
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name} }
spec:
  # No replicas: the autoscaler owns the number.
  revisionHistoryLimit: 5
  # A pod that dies in its first seconds stops the rollout, and ten minutes (the default) are long to wait for that.
  minReadySeconds: 10
  progressDeadlineSeconds: 180
  strategy:
    type: RollingUpdate
    # Never fewer pods than before: an old one goes when a new one is ready.
    rollingUpdate: { maxUnavailable: 0, maxSurge: 25% }
  selector:
    matchLabels: { app.kubernetes.io/name: ${name} }
  template:
    metadata:
      labels: { app.kubernetes.io/name: ${name} }
    spec:
      serviceAccountName: ${name}
      # It does not speak with the API of Kubernetes.
      automountServiceAccountToken: false
      # Otherwise every Service of the namespace adds seven variables, and names such as REDIS_PORT collide with configuration.
      enableServiceLinks: false
      # shutdown.grace ${seconds(facts.graceMs)} + ${MARGIN_SECONDS} s for the last lines and the exit. The drain delay of ${seconds(facts.drainDelayMs)} is inside.
      # No preStop hook: the process drains by itself.
      terminationGracePeriodSeconds: ${podGraceSeconds(facts)}
      # With 5, the default, a name outside of the cluster is asked for in four domains of the cluster first.
      dnsConfig: { options: [{ name: ndots, value: "2" }] }
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: { matchLabels: { app.kubernetes.io/name: ${name} } }
          matchLabelKeys: [pod-template-hash]
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: { matchLabels: { app.kubernetes.io/name: ${name} } }
          matchLabelKeys: [pod-template-hash]
      # The restricted profile of the pod security standards. 10001 is the user of the image; the group owns the volumes.
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile: { type: RuntimeDefault }
      volumes:
        # How the last life ended, and the last good configuration: they outlive the container, not the pod.
        - { name: state, emptyDir: { sizeLimit: 64Mi } }
        - { name: tmp, emptyDir: { sizeLimit: 64Mi } }
      containers:
        - name: ${name}
          image: ${image}:${tag}
          envFrom:
            - configMapRef: { name: ${name} }
            - secretRef: { name: ${name}${secretIsOptional ? ', optional: true' : ''} }
          env:
            # V8 would take up to half of the memory, or more than there is in a small container: a leak then ends without a line.
            # The report of a fatal error stays where the next life finds it.
            - name: NODE_OPTIONS
              value: --max-old-space-size-percentage=${heapPercentage(memory)} --report-on-fatalerror --report-compact --report-directory=${stateDir}
            - { name: KEELSON_STATE_DIR, value: ${stateDir} }
          ports:
${ports.join('\n')}
          resources:
            # Memory: request and limit are one, so that nobody else's need gets this pod evicted. CPU: no limit, because
            # throttling makes slow what it should protect.
            requests: { cpu: ${cpu}, memory: ${memory} }
            limits: { memory: ${memory} }
          # A minute to start, asked often: the others wait for it.
          startupProbe:
            httpGet: { path: /liveness, port: ${opsName} }
            periodSeconds: 2
            timeoutSeconds: 1
            failureThreshold: 30
${livenessText(facts, opsName)}
          # Only its own state: started, not draining, its critical checks.
          readinessProbe:
            httpGet: { path: /readiness, port: ${opsName} }
            periodSeconds: 5
            timeoutSeconds: 2
            failureThreshold: 2
          # The last lines of a container that died without a message show in kubectl describe.
          terminationMessagePolicy: FallbackToLogsOnError
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
          volumeMounts:
            - { name: state, mountPath: ${stateDir} }
            - { name: tmp, mountPath: /tmp }
`
}

function livenessText(facts: ServiceFacts, port: string): string {
  const { stallLimitMs, probesApart } = facts
  const failures = livenessFailures(facts)
  const failing = LIVENESS_PERIOD * failures
  const why = probesApart
    ? `# A stuck main thread: ops.stallLimit ${seconds(stallLimitMs)}, then ${failures} × ${LIVENESS_PERIOD} s: restarted after ${seconds(stallLimitMs + failing * 1000)}. No dependency is looked at.`
    : `# A stuck main thread does not answer: ${failures} × ${LIVENESS_PERIOD} s are not less than ops.stallLimit, ${seconds(stallLimitMs)}. No dependency is looked at.`
  return `          ${why}
          livenessProbe:
            httpGet: { path: /liveness, port: ${port} }
            periodSeconds: ${LIVENESS_PERIOD}
            timeoutSeconds: 2
            failureThreshold: ${failures}`
}

function heapPercentage(memory: string): number {
  return (parseQuantity(memory) ?? 0) < SMALL_BYTES ? 60 : 70
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`
}
