import { durationVariable } from '../environment.ts'
import { fieldsAt, listAt, numberAt, textAt, valueAt, type Fields } from '../fields.ts'
import { containerName, eachServing, type Rule } from '../rule.ts'

const probeNames = ['startupProbe', 'livenessProbe', 'readinessProbe']
/** Defaults of a probe in the Kubernetes API. */
const PERIOD_SECONDS = 10
const TIMEOUT_SECONDS = 1
const FAILURE_THRESHOLD = 3
/** Default of `ops.stallLimit` (DESIGN §3.2). */
const STALL_LIMIT_MS = 20_000
/** Longer than that nobody should wait for the restart of a service that is stuck. */
const MAX_STALL_SECONDS = 60

/** Rules for the probes of pods that serve requests. */
export const probeRules: readonly Rule[] = [
  {
    id: 'probes.present',
    level: 'error',
    title: 'every container has a liveness and a readiness probe',
    reason:
      'Without them Kubernetes neither restarts what is stuck nor keeps traffic from what is not ready.',
    remedy: 'Set livenessProbe and readinessProbe.',
    find: eachServing((container) =>
      ['livenessProbe', 'readinessProbe']
        .filter((name) => !hasProbe(container, name))
        .map((name) => `container ${containerName(container)} has no ${name}`),
    ),
  },
  {
    id: 'probes.distinct',
    level: 'error',
    title: 'liveness and readiness ask different things',
    reason:
      'A service that is only not ready, draining for instance, is restarted when liveness asks the same.',
    remedy: 'Let liveness ask /liveness and readiness /readiness.',
    find: eachServing((container) => {
      const [liveness, readiness] = ['livenessProbe', 'readinessProbe'].map((name) =>
        actionOf(container, name),
      )
      return liveness !== undefined && liveness === readiness
        ? [`container ${containerName(container)} asks ${liveness} for both`]
        : []
    }),
  },
  {
    id: 'probes.timing',
    level: 'error',
    title: 'the time-out of a probe is not longer than its period',
    reason: 'A probe that may take longer than its period is asked again before it has answered.',
    remedy: 'Set timeoutSeconds to the period at most; 1 or 2 is enough for what is answered from memory.',
    find: eachServing((container) =>
      probeNames.flatMap((name) => {
        if (!hasProbe(container, name)) return []
        const period = numberAt(container, name, 'periodSeconds') ?? PERIOD_SECONDS
        const timeout = numberAt(container, name, 'timeoutSeconds') ?? TIMEOUT_SECONDS
        return timeout > period
          ? [`container ${containerName(container)}: ${name} may take ${timeout} s of ${period} s`]
          : []
      }),
    ),
  },
  {
    id: 'probes.startup',
    level: 'warning',
    title: 'a startup probe guards the liveness probe',
    reason:
      'A slow start is otherwise taken for a service that is stuck, or initialDelaySeconds makes every start wait.',
    remedy: 'Set a startupProbe on the liveness path with a short period; drop initialDelaySeconds.',
    find: eachServing((container) =>
      hasProbe(container, 'livenessProbe') && !hasProbe(container, 'startupProbe')
        ? [`container ${containerName(container)} has a livenessProbe and no startupProbe`]
        : [],
    ),
  },
  {
    id: 'probes.port',
    level: 'error',
    title: 'probes ask ports that the container declares',
    reason: 'A probe of a port that nobody listens on fails for ever.',
    remedy: 'Declare the port in ports, and ask it by its name.',
    find: eachServing((container) => {
      const ports = listAt(container, 'ports')
      const declared = new Set(
        ports.flatMap((port) => [textAt(port, 'name'), numberAt(port, 'containerPort')]),
      )
      return probeNames.flatMap((name) => {
        const port =
          valueAt(container, name, 'httpGet', 'port') ?? valueAt(container, name, 'tcpSocket', 'port')
        const isText = typeof port === 'string' || typeof port === 'number'
        return isText && !declared.has(port)
          ? [`container ${containerName(container)}: ${name} asks port ${port}, which is not declared`]
          : []
      })
    }),
  },
  {
    id: 'probes.stall',
    level: 'warning',
    title: 'a service that is stuck is restarted within a minute',
    reason: 'Liveness fails only after ops.stallLimit; then the kubelet waits for all failures of the probe.',
    remedy: 'Lower failureThreshold or periodSeconds of the livenessProbe, or OPS__STALL_LIMIT.',
    find: eachServing((container) => {
      if (!hasProbe(container, 'livenessProbe')) return []
      const period = numberAt(container, 'livenessProbe', 'periodSeconds') ?? PERIOD_SECONDS
      const threshold = numberAt(container, 'livenessProbe', 'failureThreshold') ?? FAILURE_THRESHOLD
      const stallSeconds = durationVariable(container, 'OPS__STALL_LIMIT', STALL_LIMIT_MS) / 1000
      const whole = stallSeconds + period * threshold
      return whole > MAX_STALL_SECONDS
        ? [
            `container ${containerName(container)}: ${stallSeconds} s + ${threshold} × ${period} s = ${whole} s`,
          ]
        : []
    }),
  },
]

function hasProbe(container: Fields, name: string): boolean {
  return Object.keys(fieldsAt(container, name)).length > 0
}

/** What a probe does, as one text. */
function actionOf(container: Fields, name: string): string | undefined {
  const probe = fieldsAt(container, name)
  const action = probe['httpGet'] ?? probe['tcpSocket'] ?? probe['exec'] ?? probe['grpc']
  if (action === undefined) return undefined
  const path = textAt(action, 'path')
  const port = valueAt(action, 'port')
  return path === undefined
    ? JSON.stringify(action)
    : `${path} on port ${typeof port === 'number' ? port : String(textAt(action, 'port'))}`
}
