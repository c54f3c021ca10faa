import { dataOf, variableOf } from './environment.ts'
import { fieldsAt, listAt, textAt, valueAt } from './fields.ts'
import type { Manifest, Workload } from './manifest.ts'
import type { FieldPath } from './yaml-adapter.ts'

/** One name that a container gives to its service, and where that stands. */
export interface ContainerSetting {
  /** Name of a variable; of a key or a variable when it is a file of a mounted folder. */
  readonly name: string
  /** `undefined` when only the cluster knows it. */
  readonly value: string | undefined
  readonly from: 'env' | 'config-map' | 'secret' | 'mounted'
  readonly manifest: Manifest
  readonly path: FieldPath
}

/** Everything that a container gives to its service. */
export interface ContainerSettings {
  readonly settings: readonly ContainerSetting[]
  /** Whether a Secret, or anything, that was not read may set more. */
  readonly hidden: { readonly secrets: boolean; readonly others: boolean }
}

/** Collects what a container sets: `env`, `envFrom`, and the folders that `KEELSON_CONFIG_DIR` names. */
export function settingsOf(
  workload: Workload,
  index: number,
  manifests: readonly Manifest[],
): ContainerSettings {
  const container = workload.containers[index]
  if (container === undefined) return { settings: [], hidden: { secrets: false, others: false } }
  const { manifest } = workload
  const at: FieldPath = [...workload.podPath, 'containers', index]
  const settings: ContainerSetting[] = []
  const hidden = { secrets: false, others: false }
  const take = (
    kind: 'ConfigMap' | 'Secret',
    reference: unknown,
    { prefix = '', mounted = false }: { readonly prefix?: string; readonly mounted?: boolean } = {},
  ): void => {
    const name = textAt(reference, 'name') ?? textAt(reference, 'secretName')
    if (name === undefined) return
    const made = kind === 'Secret' ? externalKeys(manifests, name) : []
    const data = dataOf(manifests, kind, name) ?? (made.length > 0 ? Object.fromEntries(made) : undefined)
    if (data === undefined) {
      hidden[kind === 'Secret' ? 'secrets' : 'others'] = true
      return
    }
    const source = manifests.find((one) => one.kind === kind && one.name === name) ?? manifest
    const from = mounted ? 'mounted' : kind === 'Secret' ? 'secret' : 'config-map'
    for (const [key, value] of Object.entries(data)) {
      const isKnown = kind === 'ConfigMap' && typeof value === 'string'
      const path = ['data', key]
      settings.push({
        name: `${prefix}${key}`,
        value: isKnown ? value : undefined,
        from,
        manifest: source,
        path,
      })
    }
  }
  for (const from of listAt(container, 'envFrom')) {
    const prefix = textAt(from, 'prefix') ?? ''
    take('ConfigMap', fieldsAt(from, 'configMapRef'), { prefix })
    take('Secret', fieldsAt(from, 'secretRef'), { prefix })
  }
  for (const [number, one] of listAt(container, 'env').entries()) {
    const name = textAt(one, 'name')
    const path = [...at, 'env', number]
    const value = textAt(one, 'value')
    if (name !== undefined) settings.push({ name, value, from: 'env', manifest, path })
  }
  const folders = (variableOf(container, 'KEELSON_CONFIG_DIR') ?? '').split(',').map((one) => one.trim())
  for (const mount of listAt(container, 'volumeMounts')) {
    if (!folders.includes((textAt(mount, 'mountPath') ?? '').replace(/(?<=.)\/$/, ''))) continue
    const volume = listAt(workload.pod, 'volumes').find(
      (one) => textAt(one, 'name') === textAt(mount, 'name'),
    )
    take('ConfigMap', valueAt(volume, 'configMap'), { mounted: true })
    take('Secret', valueAt(volume, 'secret'), { mounted: true })
  }
  return { settings, hidden }
}

/** Keys of the Secret that an ExternalSecret makes. */
function externalKeys(
  manifests: readonly Manifest[],
  name: string,
): readonly (readonly [string, undefined])[] {
  return manifests
    .filter(({ kind }) => kind === 'ExternalSecret')
    .filter(({ content, name: own }) => (textAt(content, 'spec', 'target', 'name') ?? own) === name)
    .flatMap(({ content }) => listAt(content, 'spec', 'data'))
    .flatMap((one) => {
      const key = textAt(one, 'secretKey')
      return key === undefined ? [] : [[key, undefined] as const]
    })
}
