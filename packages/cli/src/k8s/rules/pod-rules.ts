import { durationVariable, variableOf } from '../environment.ts'
import { fieldsAt, listAt, numberAt, textAt, valueAt } from '../fields.ts'
import { containerName, eachServing, eachWorkload, type Rule } from '../rule.ts'

/** Defaults of the chassis in Kubernetes (DESIGN §3.2), and of a pod. */
const DRAIN_DELAY_MS = 5000
const GRACE_MS = 25_000
const POD_GRACE_SECONDS = 30
/** What the process needs after its own grace period: closers, last lines, the exit. */
const MARGIN_SECONDS = 5
const MAX_NDOTS = 2
const stateVariable = 'KEELSON_STATE_DIR'

/** Rules for pods as a whole: how they stop, what they mount, what Kubernetes adds to them. */
export const podRules: readonly Rule[] = [
  {
    id: 'pod.grace',
    level: 'error',
    title: 'drain delay < grace of the service < grace of the pod',
    reason: 'When the pod has less time than the service counts on, requests under way are killed.',
    remedy:
      'terminationGracePeriodSeconds = SHUTDOWN_GRACE + 5 s or more; SHUTDOWN_DRAIN_DELAY below SHUTDOWN_GRACE.',
    find: eachServing((container, { pod }) => {
      const graceSeconds = durationVariable(container, 'SHUTDOWN_GRACE', GRACE_MS) / 1000
      const delaySeconds = durationVariable(container, 'SHUTDOWN_DRAIN_DELAY', DRAIN_DELAY_MS) / 1000
      const podSeconds = numberAt(pod, 'terminationGracePeriodSeconds') ?? POD_GRACE_SECONDS
      const name = containerName(container)
      if (delaySeconds >= graceSeconds)
        return [`container ${name}: drain delay ${delaySeconds} s, grace ${graceSeconds} s`]
      return podSeconds < graceSeconds + MARGIN_SECONDS
        ? [`container ${name}: grace ${graceSeconds} s + ${MARGIN_SECONDS} s, the pod has ${podSeconds} s`]
        : []
    }),
  },
  {
    id: 'pod.pre-stop',
    level: 'error',
    title: 'no preStop hook stands beside the drain delay',
    reason:
      'Both wait for the same thing, one after the other, inside one grace period; and the service is called ready while it sleeps.',
    remedy: 'Take the hook out, or set SHUTDOWN_DRAIN_DELAY to 0s.',
    find: eachServing((container) =>
      Object.keys(fieldsAt(container, 'lifecycle', 'preStop')).length > 0 &&
      durationVariable(container, 'SHUTDOWN_DRAIN_DELAY', DRAIN_DELAY_MS) > 0
        ? [`container ${containerName(container)} has a preStop hook and a drain delay`]
        : [],
    ),
  },
  {
    id: 'pod.state-dir',
    level: 'warning',
    title: 'a directory for state is mounted',
    reason:
      'How the last life ended, and the last good configuration, are gone with the container otherwise.',
    remedy: 'Mount an emptyDir and name it in KEELSON_STATE_DIR.',
    find: eachServing((container) => {
      const folder = variableOf(container, stateVariable)
      if (folder === undefined) return [`container ${containerName(container)} has no ${stateVariable}`]
      const mounts = listAt(container, 'volumeMounts').flatMap((mount) => textAt(mount, 'mountPath') ?? [])
      const isMounted = mounts.some(
        (mount) => folder === mount || folder.startsWith(`${mount.replace(/\/$/, '')}/`),
      )
      return isMounted ? [] : [`container ${containerName(container)}: nothing is mounted at ${folder}`]
    }),
  },
  {
    id: 'pod.service-links',
    level: 'warning',
    title: 'no variables for services are added',
    reason:
      'Every service of the namespace adds seven variables to every pod, and names such as DELIVERY_PORT collide with configuration.',
    remedy: 'enableServiceLinks: false.',
    find: eachWorkload(({ pod }) =>
      pod['enableServiceLinks'] === false ? [] : ['enableServiceLinks is not false'],
    ),
  },
  {
    id: 'pod.ndots',
    level: 'warning',
    title: 'names outside of the cluster are looked up once',
    reason: 'With ndots 5, the default, every name with fewer dots is asked for in four domains first.',
    remedy: 'dnsConfig.options: [{ name: ndots, value: "2" }].',
    find: eachWorkload(({ pod }) => {
      const value = listAt(pod, 'dnsConfig', 'options').flatMap((option) =>
        textAt(option, 'name') === 'ndots' ? [Number(valueAt(option, 'value'))] : [],
      )[0]
      return value !== undefined && value <= MAX_NDOTS ? [] : [`ndots is ${value ?? 'not set'}`]
    }),
  },
  {
    id: 'pod.token',
    level: 'warning',
    title: 'no token of the Kubernetes API is mounted',
    reason: 'A service that does not speak with the API should not hold a key to it.',
    remedy: 'automountServiceAccountToken: false.',
    find: eachWorkload(({ pod }) =>
      pod['automountServiceAccountToken'] === false ? [] : ['automountServiceAccountToken is not false'],
    ),
  },
]
