import { nodeWords, type Container } from '../environment.ts'
import { fieldsAt, listAt, textAt, valueAt, type Fields } from '../fields.ts'
import { parseQuantity } from '../quantity.ts'
import { containerName, eachWorkload, type Rule } from '../rule.ts'

/** As `limits.heap` of verify: the rest of the limit is for buffers, stacks and code. */
const MAX_HEAP_RATIO = 0.8

/** Rules for each container: what it may use, what it runs, what it may do. */
export const containerRules: readonly Rule[] = [
  {
    id: 'resources.requests',
    level: 'error',
    title: 'every container requests cpu and memory',
    reason:
      'Without requests the scheduler puts pods where there is no room for them, and they are the first to be evicted.',
    remedy: 'Set resources.requests.cpu and resources.requests.memory.',
    find: eachContainer((container) =>
      ['cpu', 'memory'].flatMap((what) =>
        valueAt(container, 'resources', 'requests', what) === undefined ? [`requests no ${what}`] : [],
      ),
    ),
  },
  {
    id: 'resources.memory-limit',
    level: 'error',
    title: 'every container has a limit of memory',
    reason: 'A leak without a limit takes the node, and every pod on it, along.',
    remedy:
      'Set resources.limits.memory. A limit of cpu is a matter of taste: it makes slow what it should protect.',
    find: eachContainer((container) =>
      valueAt(container, 'resources', 'limits', 'memory') === undefined ? ['has no limit of memory'] : [],
    ),
  },
  {
    id: 'resources.heap',
    level: 'error',
    title: 'the heap of Node may grow to 80 % of the memory limit at most',
    reason:
      'A heap that may grow beyond the container ends in a kill without a line; one that may not ends in a fatal report.',
    remedy: 'Use --max-old-space-size-percentage=70, or a --max-old-space-size below 80 % of the limit.',
    find: eachContainer(heapProblems),
  },
  {
    id: 'image.tag',
    level: 'error',
    title: 'every image has a tag other than latest, or a digest',
    reason:
      'What latest is changes under running deployments; a roll-back does not bring the old image back.',
    remedy: 'Deploy a version or a digest.',
    find: eachContainer((container) => {
      const image = textAt(container, 'image') ?? ''
      const last = image.split('/').at(-1) ?? ''
      const isPinned = image.includes('@sha256:') || (/:[\w][\w.-]*$/.test(last) && !last.endsWith(':latest'))
      return isPinned ? [] : [`runs "${image}"`]
    }),
  },
  {
    id: 'env.duplicate',
    level: 'error',
    title: 'no variable is set twice',
    reason: 'The last one wins, whichever the author meant.',
    remedy: 'Take one of them out.',
    find: eachContainer((container) => {
      const names = listAt(container, 'env').flatMap((one) => textAt(one, 'name') ?? [])
      return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
        (name) => `sets ${name} twice`,
      )
    }),
  },
  {
    id: 'security.restricted',
    level: 'error',
    title: 'containers keep to the restricted profile of the pod security standards',
    reason:
      'Clusters that enforce it refuse the pod; without it a hole in the service is a hole in the node.',
    remedy:
      'runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities.drop: [ALL], seccompProfile.type: RuntimeDefault.',
    find: eachContainer((container, pod) => {
      const own = fieldsAt(container, 'securityContext')
      const whole = fieldsAt(pod, 'securityContext')
      const seccomp = textAt(own, 'seccompProfile', 'type') ?? textAt(whole, 'seccompProfile', 'type')
      const missing = [
        (own['runAsNonRoot'] ?? whole['runAsNonRoot']) === true ? '' : 'runAsNonRoot: true',
        own['allowPrivilegeEscalation'] === false ? '' : 'allowPrivilegeEscalation: false',
        own['privileged'] === true ? 'privileged: false' : '',
        listAt(own, 'capabilities', 'drop').includes('ALL') ? '' : 'capabilities.drop: [ALL]',
        seccomp === 'RuntimeDefault' || seccomp === 'Localhost' ? '' : 'seccompProfile.type: RuntimeDefault',
      ].filter((text) => text !== '')
      return missing.length === 0 ? [] : [`lacks ${missing.join(', ')}`]
    }),
  },
  {
    id: 'security.read-only-root',
    level: 'warning',
    title: 'the root file system is read-only',
    reason: 'What cannot be written cannot be changed by an intruder, nor fill the disk of the node.',
    remedy: 'readOnlyRootFilesystem: true, with an emptyDir for what must be written.',
    find: eachContainer((container) =>
      valueAt(container, 'securityContext', 'readOnlyRootFilesystem') === true
        ? []
        : ['has a root file system that can be written'],
    ),
  },
]

function eachContainer(problemsOf: (container: Container, pod: Fields) => readonly string[]): Rule['find'] {
  return eachWorkload(({ containers, pod }) =>
    containers.flatMap((container) =>
      problemsOf(container, pod).map((problem) => `container ${containerName(container)} ${problem}`),
    ),
  )
}

function heapProblems(container: Container): readonly string[] {
  const limit = parseQuantity(valueAt(container, 'resources', 'limits', 'memory'))
  return nodeWords(container).flatMap((word) => {
    const match = /^--max[-_]old[-_]space[-_]size([-_]percentage)?=(\d+(?:\.\d+)?)$/.exec(word)
    if (match === null) return []
    const isShare = match[1] !== undefined
    if (!isShare && limit === undefined) return []
    const ratio = isShare ? Number(match[2]) / 100 : (Number(match[2]) * 2 ** 20) / (limit ?? 1)
    return ratio > MAX_HEAP_RATIO ? [`has ${word}, ${Math.round(ratio * 100)} % of its limit`] : []
  })
}
