import { maskUserInfo, showValue } from './display.ts'
import type { CompiledSchema, Leaf } from './compile-schema.ts'
import type { ConfigFault } from './faults.ts'
import type { Coerced } from './formats.ts'
import { groupValue } from './group-value.ts'
import { type Entry, layerKind, layerOrder, type Precedence } from './layer.ts'

/** How the layers are combined. */
export interface ResolveOptions {
  readonly precedence: Precedence
  /** Keys and prefixes (`http.*`) for which the environment wins over remote sources, from KEELSON_CONFIG_PIN. */
  readonly pins: readonly string[]
}

/** A key with its value and where that came from. */
export interface ResolvedLeaf {
  readonly leaf: Leaf
  /** Coerced; a secret is bare here, so that this must not leave the package. */
  readonly value: unknown
  /** The winner; absent for a value that follows from the schema. */
  readonly entry: Entry | undefined
  /** Every layer that sets the key, low to high; the last is the winner. */
  readonly candidates: readonly Entry[]
  readonly pinned: boolean
  /** What a remote source holds without effect, because a higher layer sets the key. */
  readonly shadowed: Entry | undefined
}

/** All keys of a schema, filled as far as they can be. */
export interface Resolution {
  readonly leaves: ReadonlyMap<string, ResolvedLeaf>
  readonly faults: readonly ConfigFault[]
  readonly warnings: readonly string[]
}

/**
 * Gives every key the value of the highest layer that sets it, coerced. Values below the winner are not looked at,
 * except for maps, whose entries merge.
 */
export function resolveLayers(
  schema: CompiledSchema,
  entries: readonly Entry[],
  options: ResolveOptions,
): Resolution {
  const byKey = Map.groupBy(entries, (entry) => entry.key)
  const leaves = new Map<string, ResolvedLeaf>()
  const faults: ConfigFault[] = []
  const warnings: string[] = []
  for (const leaf of schema.leaves.values()) {
    const pinned = options.pins.some((pin) => pinMatches(pin, leaf.key))
    const order = layerOrder[pinned ? 'env-over-etcd' : options.precedence]
    const candidates = allowed(leaf, byKey.get(leaf.key) ?? [], faults).toSorted(
      (a, b) => order.indexOf(a.layer) - order.indexOf(b.layer),
    )
    const entry = candidates.at(-1)
    if (entry !== undefined && leaf.schema.deprecated !== undefined) {
      warnings.push(`${leaf.key} is deprecated (${entry.origin}): ${leaf.schema.deprecated}`)
    }
    const remote = candidates.findLast((candidate) => candidate.layer === 'remote')
    const shadowed = entry?.layer === 'remote' ? undefined : remote
    if (shadowed !== undefined && entry !== undefined) {
      warnings.push(`${shadowed.origin} has no effect: ${entry.origin} sets ${leaf.key} and wins.`)
    }
    const value = valueOf(leaf, candidates, faults)
    leaves.set(leaf.key, { leaf, value, entry, candidates, pinned, shadowed })
  }
  return { leaves, faults, warnings }
}

/** Coerces what one layer holds for a key. `null` is a value of its own: it passes only where the schema allows it. */
export function coerceEntry(leaf: Leaf, entry: Entry): Coerced {
  if (entry.raw.kind === 'text') {
    const { text } = entry.raw
    if (text === '' && !leaf.format.takesEmptyText) return { ok: false, problem: 'is set but empty' }
    return leaf.format.fromText(text)
  }
  if (entry.raw.value === null && leaf.format.kind !== 'standard') {
    return leaf.nullable ? { ok: true, value: null } : { ok: false, problem: 'is null, which it may not be' }
  }
  return leaf.format.fromValue(entry.raw.value)
}

/** The fault of a value that its format refuses; also used for what convict refuses. */
export function refusedValue(leaf: Leaf, entry: Entry | undefined, problem: Coerced): ConfigFault {
  const raw = entry === undefined ? undefined : entry.raw.kind === 'text' ? entry.raw.text : entry.raw.value
  const text = problem.ok ? 'is refused' : problem.problem
  const hidden = leaf.sensitive && !problem.ok && problem.foreign === true
  return {
    key: leaf.key,
    value: entry === undefined ? undefined : showValue(raw, leaf.sensitive),
    problem: hidden ? 'is refused by its format' : maskUserInfo(text),
    origin: entry?.origin ?? 'schema',
    suggestion: suggestionFor(leaf, raw),
  }
}

function pinMatches(pin: string, key: string): boolean {
  return pin.endsWith('.*') ? key.startsWith(pin.slice(0, -1)) : key === pin
}

function allowed(leaf: Leaf, entries: readonly Entry[], faults: ConfigFault[]): readonly Entry[] {
  return entries.filter((entry) => {
    if (leaf.sources.has(layerKind[entry.layer])) return true
    faults.push({
      key: leaf.key,
      problem: 'may not be set here',
      origin: entry.origin,
      suggestion: `Set it in one of: ${[...leaf.sources].join(', ')}.`,
    })
    return false
  })
}

function valueOf(leaf: Leaf, candidates: readonly Entry[], faults: ConfigFault[]): unknown {
  const entry = candidates.at(-1)
  if (entry === undefined) {
    if (leaf.default === undefined) faults.push(missing(leaf))
    return leaf.default?.value
  }
  if (leaf.format.kind === 'map') return mergedMap(leaf, candidates, faults)
  if (leaf.members !== undefined) return groupOf(leaf, candidates, faults)
  const coerced = coerceEntry(leaf, entry)
  if (coerced.ok) return coerced.value
  faults.push(refusedValue(leaf, entry, coerced))
  return undefined
}

function groupOf(leaf: Leaf, candidates: readonly Entry[], faults: ConfigFault[]): unknown {
  const result = groupValue(leaf, candidates)
  if ('value' in result) return result.value
  for (const { key, entry, problem } of result.problems) {
    // The value of a whole group says little beside one of its members.
    const shown = entry?.member === undefined ? { value: undefined } : {}
    faults.push({ ...refusedValue(leaf, entry, problem), key, ...shown })
  }
  return undefined
}

function mergedMap(leaf: Leaf, candidates: readonly Entry[], faults: ConfigFault[]): unknown {
  let merged = asEntries(leaf.default?.value)
  for (const entry of candidates) {
    const coerced = coerceEntry(leaf, entry)
    if (!coerced.ok) faults.push(refusedValue(leaf, entry, coerced))
    else if (coerced.value === null) merged = undefined
    else merged = { ...merged, ...asEntries(coerced.value) }
  }
  // `null` in a layer takes an entry of the layers below away.
  return merged === undefined
    ? null
    : Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
}

function asEntries(value: unknown): Readonly<Record<string, unknown>> | undefined {
  // The format `map` only ever gives objects; null and undefined stand for "no map".
  return (value ?? undefined) as Record<string, unknown> | undefined
}

function missing(leaf: Leaf): ConfigFault {
  return {
    key: leaf.key,
    problem: 'is required, and no layer sets it',
    origin: 'nowhere',
    suggestion: `Set ${whereToSet(leaf)} to ${leaf.format.accepts}.`,
    missing: true,
  }
}

function suggestionFor(leaf: Leaf, raw: unknown): string {
  if (leaf.format.numeric && typeof raw === 'string' && /^(tcp|udp|sctp):\/\//.test(raw)) {
    return 'This is a service link of Kubernetes, not a setting: set enableServiceLinks: false in the pod, or rename the key.'
  }
  if (raw === '' && !leaf.format.takesEmptyText) {
    return `Unset the variable, or give it ${leaf.format.accepts}.`
  }
  return `Set ${whereToSet(leaf)} to ${leaf.format.accepts}.`
}

function whereToSet(leaf: Leaf): string {
  const [name = leaf.key] = leaf.environmentNames
  return leaf.sources.has('env') ? `${leaf.key} (environment: ${name})` : leaf.key
}
