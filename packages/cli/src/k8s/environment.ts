import { parseDuration } from '../duration.ts'
import { fieldsAt, listAt, textAt, type Fields } from './fields.ts'
import type { Manifest } from './manifest.ts'

/** Where a {@link Container} keeps what its environment is known to hold. */
export const variables: unique symbol = Symbol('variables')

/** A container of a manifest, with the values of its environment that are known: its own and those of config maps. */
export interface Container extends Fields {
  readonly [variables]: ReadonlyMap<string, string>
}

/**
 * A container with its environment.
 *
 * @param fields as the manifest has it
 * @param manifests where config maps are looked for
 * @param resolved what else is known of it, below what the manifest says
 */
export function containerOf(
  fields: Fields,
  manifests: readonly Manifest[],
  resolved: ReadonlyMap<string, string> = new Map(),
): Container {
  const values = new Map(resolved)
  for (const from of listAt(fields, 'envFrom')) {
    const data = dataOf(manifests, 'ConfigMap', textAt(from, 'configMapRef', 'name'))
    const prefix = textAt(from, 'prefix') ?? ''
    for (const [name, value] of Object.entries(data ?? {}))
      if (typeof value === 'string') values.set(`${prefix}${name}`, value)
  }
  for (const one of listAt(fields, 'env')) {
    const name = textAt(one, 'name')
    if (name === undefined) continue
    const key = fieldsAt(one, 'valueFrom', 'configMapKeyRef')
    const value =
      textAt(one, 'value') ??
      textAt(dataOf(manifests, 'ConfigMap', textAt(key, 'name')), textAt(key, 'key') ?? '')
    if (value === undefined) values.delete(name)
    else values.set(name, value)
  }
  return { ...fields, [variables]: values }
}

/** What a config map or a secret holds; `undefined` when it is not among what was read. */
export function dataOf(
  manifests: readonly Manifest[],
  kind: 'ConfigMap' | 'Secret',
  name: string | undefined,
): Fields | undefined {
  const found = manifests.find((one) => one.kind === kind && one.name === name)
  return found === undefined
    ? undefined
    : { ...fieldsAt(found.content, 'data'), ...fieldsAt(found.content, 'stringData') }
}

/** The value of a variable of a container; `undefined` when it is unset or not known. */
export function variableOf(container: Container, name: string): string | undefined {
  return container[variables].get(name)
}

/** A duration as configuration writes it, a plain number of milliseconds included. */
export function durationVariable(container: Container, name: string, otherwiseMs: number): number {
  const text = variableOf(container, name)
  if (text === undefined) return otherwiseMs
  return /^\d+$/.test(text) ? Number(text) : (parseDuration(text) ?? otherwiseMs)
}

/** Every word that Node is started with, as far as the manifest says. */
export function nodeWords(container: Container): readonly string[] {
  const words = [
    ...listAt(container, 'command'),
    ...listAt(container, 'args'),
    variableOf(container, 'NODE_OPTIONS') ?? '',
  ]
  return words.flatMap((word) => (typeof word === 'string' ? word.split(/\s+/) : []))
}
