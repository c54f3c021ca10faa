import { publicValue } from './display.ts'
import { coerceEntry, type ResolvedLeaf } from './resolve.ts'

/** What one layer holds for a key. */
export interface LayerValue {
  readonly layer: string
  readonly origin: string
  /** In JSON terms, masked where it is a secret; the raw text where the layer's value is refused by the format. */
  readonly value: unknown
}

/** A value that waits for the next start. */
export interface PendingValue {
  readonly value: unknown
  readonly origin: string
}

/** Everything that is known of one key. Holds no secret. */
export interface Explanation extends LayerValue {
  readonly key: string
  readonly doc: string | undefined
  /** Name of the format: `port`, `array of string`. */
  readonly format: string
  /** Every layer that sets the key, low to high, the schema's default first; the last is the winner. */
  readonly layers: readonly LayerValue[]
  /** The canonical name first, then the aliases. */
  readonly environmentNames: readonly string[]
  readonly reload: 'hot' | 'restart'
  readonly sensitive: boolean
  /** The environment wins over remote sources for this key, by KEELSON_CONFIG_PIN. */
  readonly pinned: boolean
  /** A remote source sets the key without effect, because a higher layer sets it too. */
  readonly shadowed: boolean
  readonly pending: PendingValue | undefined
}

/**
 * Explains one key.
 *
 * @param pending what it will be after the next start, where that differs
 */
export function explainLeaf(resolved: ResolvedLeaf, pending: ResolvedLeaf | undefined): Explanation {
  const { leaf } = resolved
  const newest = pending ?? resolved
  const defaults =
    leaf.default === undefined ? [] : [layerValue('default', 'schema', leaf.default.value, leaf.sensitive)]
  return {
    key: leaf.key,
    doc: leaf.schema.doc,
    format: leaf.format.name,
    ...layerValue(layerOf(resolved), originOf(resolved), resolved.value, leaf.sensitive),
    layers: [
      ...defaults,
      ...newest.candidates.map((entry) => {
        const raw = entry.raw.kind === 'text' ? entry.raw.text : entry.raw.value
        if (entry.member !== undefined) {
          return layerValue(entry.layer, entry.origin, { [entry.member]: raw }, leaf.sensitive)
        }
        const coerced = coerceEntry(leaf, entry)
        return layerValue(entry.layer, entry.origin, coerced.ok ? coerced.value : raw, leaf.sensitive)
      }),
    ],
    environmentNames: leaf.environmentNames,
    reload: leaf.reload,
    sensitive: leaf.sensitive,
    pinned: resolved.pinned,
    shadowed: newest.shadowed !== undefined,
    pending:
      pending === undefined
        ? undefined
        : { value: publicValue(pending.value, leaf.sensitive), origin: originOf(pending) },
  }
}

/** Where a value came from; `schema` for a default. */
export function originOf(resolved: ResolvedLeaf): string {
  return resolved.entry?.origin ?? 'schema'
}

function layerOf(resolved: ResolvedLeaf): string {
  return resolved.entry?.layer ?? 'default'
}

function layerValue(layer: string, origin: string, value: unknown, sensitive: boolean): LayerValue {
  return { layer, origin, value: publicValue(value, sensitive) }
}
