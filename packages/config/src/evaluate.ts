import type { CompiledSchema, Leaf } from './compile-schema.ts'
import type { checkWithConvict } from './convict-adapter.ts'
import type { LayerReading } from './layer.ts'
import {
  refusedValue,
  type Resolution,
  type ResolvedLeaf,
  resolveLayers,
  type ResolveOptions,
} from './resolve.ts'

/** The function of convict-adapter.ts; handed over, because that file is loaded only when a configuration is created. */
export type ConvictCheck = typeof checkWithConvict

/** Combines what the layers hold, coerces it, and has convict check the result. All faults are found in one go. */
export function evaluate(
  schema: CompiledSchema,
  reading: LayerReading,
  options: ResolveOptions,
  convictCheck: ConvictCheck,
): Resolution {
  const resolution = resolveLayers(schema, reading.entries, options)
  const faulty = new Set(resolution.faults.map((fault) => fault.key))
  const sound = new Map<Leaf, unknown>()
  for (const { leaf, value } of resolution.leaves.values()) {
    if (!faulty.has(leaf.key) && value !== undefined) sound.set(leaf, value)
  }
  const { values, refusals } = convictCheck(sound)
  const refused = refusals.map(({ leaf, message }) =>
    refusedValue(leaf, resolution.leaves.get(leaf.key)?.entry, {
      ok: false,
      problem: `is refused: ${message}`,
      foreign: true,
    }),
  )
  return {
    leaves: new Map([...resolution.leaves].map(([key, resolved]) => [key, withValueOf(values, resolved)])),
    faults: [...reading.faults, ...resolution.faults, ...refused],
    warnings: [...reading.warnings, ...resolution.warnings],
  }
}

/** Only formats that are not ours are coerced by convict; for the others its copy of the value is the same. */
function withValueOf(values: ReadonlyMap<string, unknown>, resolved: ResolvedLeaf): ResolvedLeaf {
  const { leaf } = resolved
  return leaf.format.kind === 'custom' && values.has(leaf.key)
    ? { ...resolved, value: values.get(leaf.key) }
    : resolved
}
