import { fieldsAt, type Fields } from '../fields.ts'

/** Fields that tell items of a list apart, by the name of the list: `x-kubernetes-patch-merge-key` of the API. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  topologySpreadConstraints: 'topologyKey',
  imagePullSecrets: 'name',
  hostAliases: 'ip',
}

/**
 * A strategic merge patch, as kustomize applies it: objects are merged, `null` takes away, items of the lists that
 * the API merges are found by their key, other lists are replaced. What is of another kind is replaced.
 */
export function mergePatch(target: unknown, patch: unknown, name = ''): unknown {
  if (Array.isArray(target) && Array.isArray(patch)) {
    const key = mergeKeys[name]
    return key === undefined || !patch.every((item) => hasKey(item, key))
      ? patch
      : mergeItems(target, patch, key)
  }
  if (!isFields(patch)) return patch
  const merged: Record<string, unknown> = isFields(target) ? { ...target } : {}
  for (const [field, value] of Object.entries(patch)) {
    if (field === '$patch') continue
    if (value === null) delete merged[field]
    else merged[field] = mergePatch(merged[field], value, field)
  }
  return merged
}

/** Kustomize puts what is new before what was there. */
function mergeItems(target: readonly unknown[], patch: readonly unknown[], key: string): readonly unknown[] {
  const keyOf = (item: unknown): unknown => fieldsAt(item)[key]
  const find = (item: unknown) => patch.find((one) => keyOf(one) === keyOf(item))
  const known = new Set(target.map(keyOf))
  const added = patch.filter((item) => !known.has(keyOf(item)) && !isGone(item))
  const kept = target.flatMap((item) => {
    const found = find(item)
    if (found === undefined) return [item]
    return isGone(found) ? [] : [mergePatch(item, found)]
  })
  return [...added, ...kept]
}

function isGone(item: unknown): boolean {
  return fieldsAt(item)['$patch'] === 'delete'
}

function hasKey(item: unknown, key: string): boolean {
  return isFields(item) && Object.hasOwn(item, key)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
