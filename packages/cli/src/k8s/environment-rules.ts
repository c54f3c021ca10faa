import { KeelsonError, nearest } from '@keelson/core/errors'
import { settingsOf, type ContainerSettings } from './container-settings.ts'
import { variables } from './environment.ts'
import { textAt } from './fields.ts'
import type { Manifest, Workload } from './manifest.ts'
import type { Cluster, Rule, RuleFinding } from './rule.ts'
import type { ServiceSettings, SettingKey } from './service-settings.ts'

/** Rules for what a container sets, by the configuration schema of its service. Judged where the schema is given. */
export const environmentRules: readonly Omit<Rule, 'find'>[] = [
  {
    id: 'env.known',
    level: 'error',
    title: 'variables that look like keys of the service are keys of the service',
    reason: 'A variable with a typing error is ignored, and the default that nobody meant is in force.',
    remedy: 'Correct the name; keelson config docs lists them all.',
  },
  {
    id: 'env.foreign',
    level: 'warning',
    title: 'variables are keys of the service, or known to Node',
    reason: 'What no schema knows is validated by nobody, and stays when the code that read it is gone.',
    remedy: 'Take it out, or declare a key with this name as env.',
  },
  {
    id: 'env.config-map',
    level: 'error',
    title: 'config maps of a service hold its keys only',
    reason:
      'An entry that no key has the name of does nothing; most often it was renamed, or has a typing error.',
    remedy: 'Correct the name, or take the entry out.',
  },
  {
    id: 'env.required',
    level: 'error',
    title: 'keys without a default are set',
    reason: 'The service ends with exit code 78 at its start.',
    remedy: 'Set the variable in the container, a config map or a secret.',
  },
  {
    id: 'env.value',
    level: 'error',
    title: 'values do for the schema of the service',
    reason: 'The service ends with exit code 78 at its start.',
    remedy: 'Write a value that the key takes. Judged with --service only.',
  },
  {
    id: 'env.secret',
    level: 'error',
    title: 'secrets of a service come from a Secret',
    reason:
      'What stands in a manifest or config map is read by everybody who may read the repository or the namespace.',
    remedy: 'Take it from a Secret by envFrom, secretKeyRef or a mounted folder.',
  },
]

/** What the environment of the service's containers comes to. */
export interface EnvironmentJudgement {
  readonly service: string
  readonly findings: ReadonlyMap<string, readonly RuleFinding[]>
  /** Values of the chassis's own keys by variable, for the workload of the service. */
  readonly resolved: ReadonlyMap<
    Manifest,
    { readonly index: number; readonly values: ReadonlyMap<string, string> }
  >
}

/** The chassis's keys that other rules reckon with, by the variable that they are known under there. */
const reckoned: readonly (readonly [key: string, variable: string])[] = [
  ['shutdown.grace', 'SHUTDOWN_GRACE'],
  ['shutdown.drainDelay', 'SHUTDOWN_DRAIN_DELAY'],
  ['ops.stallLimit', 'OPS__STALL_LIMIT'],
  ['state.dir', 'KEELSON_STATE_DIR'],
]

/**
 * Judges the environment of the containers of one service.
 *
 * @throws KeelsonError `KEELSON_CLI_USAGE` when no workload is the service's: nothing would be judged
 */
export async function judgeEnvironment(
  cluster: Cluster,
  settings: ServiceSettings,
): Promise<EnvironmentJudgement> {
  const { service } = settings
  const own = cluster.workloads.filter((workload) => isOf(workload, service))
  if (own.length === 0) {
    const names = cluster.workloads.map(({ manifest: { kind, name } }) => `${kind}/${name}`)
    throw new KeelsonError(
      'KEELSON_CLI_USAGE',
      `No workload is that of the service ${service}: its name or its label app.kubernetes.io/name says so. There are ${names.join(', ') || 'none'}.`,
    )
  }
  const findings = new Map<string, RuleFinding[]>(environmentRules.map(({ id }) => [id, []]))
  const resolved = new Map<Manifest, { index: number; values: ReadonlyMap<string, string> }>()
  for (const workload of own) {
    const index = serviceContainer(workload, service)
    const found = settingsOf(workload, index, cluster.manifests)
    for (const [id, finding] of judgeNames(found, settings.keys)) findings.get(id)?.push(finding)
    const inspection = await settings.inspect(knownEnvironment(workload, index))
    const hasEtcd = found.settings.some(({ name }) => name === 'ETCD_ENDPOINTS')
    for (const key of inspection.missing) {
      const described = settings.keys.find((one) => one.key === key)
      if (described !== undefined && isPerhapsSet(described, found, hasEtcd)) continue
      const problem = `sets nothing for ${key} (${described?.environmentNames.join(' or ') ?? 'no variable'})`
      findings.get('env.required')?.push({ manifest: workload.manifest, problem })
    }
    for (const { variable, problem } of inspection.faults) {
      const place = found.settings.findLast(({ name }) => name === variable)
      const { manifest, path } = place ?? { manifest: workload.manifest, path: [] }
      findings.get('env.value')?.push({ manifest, path, problem: `${variable} ${problem}` })
    }
    const values = reckoned.flatMap(([key, variable]) => {
      const value = inspection.values[key]?.value
      return typeof value === 'string' || typeof value === 'number'
        ? [[variable, String(value)] as const]
        : []
    })
    resolved.set(workload.manifest, { index, values: new Map(values) })
  }
  return { service, findings, resolved }
}

function isOf({ manifest, labels }: Workload, service: string): boolean {
  const label = 'app.kubernetes.io/name'
  const named = labels[label] ?? textAt(manifest.content, 'metadata', 'labels', label)
  return named === undefined ? manifest.name === service : named === service
}

/** As kubectl chooses the container of a pod: by its annotation, else the first; but first of all by the name. */
function serviceContainer({ manifest, containers, podPath }: Workload, service: string): number {
  const names = containers.map((container) => textAt(container, 'name'))
  const template = podPath.slice(0, -1).map(String)
  const annotated = textAt(
    manifest.content,
    ...template,
    'metadata',
    'annotations',
    'kubectl.kubernetes.io/default-container',
  )
  return Math.max(0, names.includes(service) ? names.indexOf(service) : names.indexOf(annotated))
}

/** What is known of the variables. Files that variables name are not here. */
function knownEnvironment(workload: Workload, index: number): Readonly<Record<string, string>> {
  const known = workload.containers[index]?.[variables] ?? new Map<string, string>()
  return Object.fromEntries([...known].filter(([name]) => !name.endsWith('_FILE')))
}

function* judgeNames(
  { settings }: ContainerSettings,
  keys: readonly SettingKey[],
): Iterable<readonly [string, RuleFinding]> {
  const names = new Map(keys.flatMap((key) => namesOf(key).map((name) => [name, key] as const)))
  const paths = new Map(keys.map((key) => [key.key, key]))
  const levels = new Set(
    [...names.keys()].filter((name) => name.includes('__')).map((name) => name.split('__')[0]),
  )
  for (const { name, from, manifest, path, value } of settings) {
    const key =
      names.get(name) ??
      names.get(name.replace(/_FILE$/, '')) ??
      (from === 'mounted' ? keyOf(paths, name) : undefined)
    const finding = (problem: string): RuleFinding => ({ manifest, path, problem })
    if (key !== undefined) {
      const isPlain = from !== 'secret' && value !== undefined && value !== '' && names.has(name)
      if (key.sensitive && isPlain)
        yield ['env.secret', finding(`holds the value of ${name}, which is a secret`)]
      continue
    }
    if (isForeign(name)) continue
    const near = nearest(name, [...names.keys(), ...(from === 'mounted' ? paths.keys() : [])])
    const hint = near === undefined ? '' : `; did you mean ${near}?`
    const isOurs = near !== undefined || levels.has(name.split('__')[0] ?? '')
    if (from === 'config-map' || from === 'mounted')
      yield ['env.config-map', finding(`holds ${name}, which is no key${hint}`)]
    else if (isOurs) yield ['env.known', finding(`sets ${name}, which is no key${hint}`)]
    else if (from === 'env') yield ['env.foreign', finding(`sets ${name}, which is no key`)]
  }
}

function namesOf({ environmentNames, members }: SettingKey): readonly string[] {
  return [...environmentNames, ...Object.values(members).flat()]
}

/** A file of a mounted folder may be named by the key, or by a key and its member. */
function keyOf(paths: ReadonlyMap<string, SettingKey>, name: string): SettingKey | undefined {
  return paths.get(name) ?? paths.get(name.slice(0, Math.max(0, name.lastIndexOf('.'))))
}

/** Names that Node, its libraries, the kubelet and tracing read by themselves. */
function isForeign(name: string): boolean {
  return (
    /^(NODE|KEELSON|OTEL|UV|SSL|LC|KUBERNETES|K8S|NPM|GRPC)_/.test(name) ||
    /^(PATH|HOME|USER|LANG|TZ|HOSTNAME|TMPDIR|CI|APP_ENV|DEBUG|(HTTPS?|NO|ALL)_PROXY)$/i.test(name)
  )
}

/** Whether something that is not read here may set a key. */
function isPerhapsSet(key: SettingKey, { settings, hidden }: ContainerSettings, hasEtcd: boolean): boolean {
  const names = new Set(namesOf(key))
  const isNamed = settings.some(
    ({ name }) => names.has(name) || names.has(name.replace(/_FILE$/, '')) || name === key.key,
  )
  const isRemote = hasEtcd && key.sources.includes('remote')
  return isNamed || hidden.others || (key.sensitive && hidden.secrets) || isRemote
}
