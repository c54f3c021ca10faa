import { nearest } from '@keelson/core/errors'
import { type CompiledSchema, placeOf } from './compile-schema.ts'
import type { SourceSnapshot } from './config-source.ts'
import type { ConfigFault } from './faults.ts'
import type { Entry, LayerReading } from './layer.ts'

/** What a source may hold; facts A6. etcd itself takes values of 1.5 MB, and no service has such settings. */
const limits = { keyCount: 5_000, valueBytes: 65_536, totalBytes: 4 * 1024 * 1024 } as const

// A prefix full of strange keys must become neither a log full of them nor a search for the nearest of each.
const maxUnknownShown = 20

/**
 * Turns what sources hold into entries of the layer `remote`. Keys that may not come from a remote source, and unknown
 * keys of the service's own place, are left out with a warning: nobody restarts a service to correct etcd.
 * A source that holds more than the limits is refused as a whole.
 *
 * @param snapshots of all sources, low to high
 */
export function readRemoteLayer(schema: CompiledSchema, snapshots: readonly SourceSnapshot[]): LayerReading {
  const entries: Entry[] = []
  const faults: ConfigFault[] = []
  const warnings: string[] = []
  for (const snapshot of snapshots) {
    warnings.push(...(snapshot.warnings ?? []))
    const excess = tooMuch(snapshot)
    faults.push(...excess)
    if (excess.length > 0) continue
    let unknownCount = 0
    for (const layer of snapshot.layers) {
      for (const { key, text, origin } of layer.entries) {
        const place = placeOf(schema, key)
        if (place === undefined) {
          if (layer.unknownKeys === 'warn' && ++unknownCount <= maxUnknownShown) {
            warnings.push(unknownKeyWarning(key, origin, schema))
          }
        } else if (!place.leaf.sources.has('remote')) {
          warnings.push(`${origin} is ignored: ${key} cannot be set from a remote source.`)
        } else if (Buffer.byteLength(text) > limits.valueBytes) {
          faults.push(overLimit(key, `is larger than ${limits.valueBytes} bytes`, origin))
        } else {
          const member = place.member === undefined ? {} : { member: place.member }
          entries.push({
            key: place.leaf.key,
            ...member,
            layer: 'remote',
            origin,
            raw: { kind: 'text', text },
          })
        }
      }
    }
    if (unknownCount > maxUnknownShown) {
      warnings.push(
        `${unknownCount - maxUnknownShown} more keys of the source are ignored: no key has their names.`,
      )
    }
  }
  return { entries, faults, warnings }
}

function tooMuch({ layers }: SourceSnapshot): readonly ConfigFault[] {
  const entries = layers.flatMap((layer) => layer.entries)
  const origin = entries[0]?.origin ?? ''
  const bytes = entries.reduce(
    (sum, { key, text }) => sum + Buffer.byteLength(key) + Buffer.byteLength(text),
    0,
  )
  const faults: ConfigFault[] = []
  if (entries.length > limits.keyCount) {
    const problem = `holds ${entries.length} keys, more than ${limits.keyCount}`
    faults.push(overLimit('the source', problem, `${origin} and others`))
  }
  if (bytes > limits.totalBytes) {
    const problem = `holds ${bytes} bytes, more than ${limits.totalBytes}`
    faults.push(overLimit('the source', problem, `${origin} and others`))
  }
  return faults
}

function overLimit(key: string, problem: string, origin: string): ConfigFault {
  return { key, problem, origin, suggestion: 'Delete what is no configuration of this service.' }
}

function unknownKeyWarning(key: string, origin: string, schema: CompiledSchema): string {
  const near = nearest(key, schema.leaves.keys())
  return `${origin} is ignored: no key has this name.${near === undefined ? '' : ` Did you mean ${near}?`}`
}
