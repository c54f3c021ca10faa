import type { CompiledSchema } from './compile-schema.ts'
import type { SourceSnapshot } from './config-source.ts'
import type { Entry, LayerReading } from './layer.ts'
import { nearest } from './suggest.ts'

/**
 * Turns what sources hold into entries of the layer `remote`. Keys that may not come from a remote source, and unknown
 * keys of the service's own place, are left out with a warning: nobody restarts a service to correct etcd.
 *
 * @param snapshots of all sources, low to high
 */
export function readRemoteLayer(schema: CompiledSchema, snapshots: readonly SourceSnapshot[]): LayerReading {
  const entries: Entry[] = []
  const warnings: string[] = []
  for (const snapshot of snapshots) {
    warnings.push(...(snapshot.warnings ?? []))
    for (const layer of snapshot.layers) {
      for (const { key, text, origin } of layer.entries) {
        const leaf = schema.leaves.get(key)
        if (leaf === undefined) {
          if (layer.unknownKeys === 'warn') warnings.push(unknownKeyWarning(key, origin, schema))
        } else if (!leaf.sources.has('remote')) {
          warnings.push(`${origin} is ignored: ${key} cannot be set from a remote source.`)
        } else {
          entries.push({ key, layer: 'remote', origin, raw: { kind: 'text', text } })
        }
      }
    }
  }
  return { entries, faults: [], warnings }
}

function unknownKeyWarning(key: string, origin: string, schema: CompiledSchema): string {
  const near = nearest(key, schema.leaves.keys())
  return `${origin} is ignored: no key has this name.${near === undefined ? '' : ` Did you mean ${near}?`}`
}
