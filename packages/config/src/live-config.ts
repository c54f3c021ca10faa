import { isDeepStrictEqual } from 'node:util'
import { channel } from '@keelson/core/channels'
import type { Clock } from '@keelson/core/clock'
import { KeelsonError, nearest } from '@keelson/core/errors'
import type { CompiledSchema } from './compile-schema.ts'
import type { Config, RedactedValue } from './config.ts'
import type { ConfigSource, SourceSnapshot } from './config-source.ts'
import { createChangeRate } from './change-rate.ts'
import { createDebounce } from './debounce.ts'
import { publicValue } from './display.ts'
import { explainLeaf, originOf } from './explain.ts'
import { type ConfigFault, configInvalid, describeFault } from './faults.ts'
import type { MountedDirectories } from './mounted-directory.ts'
import type { LoadedSource } from './load-sources.ts'
import { type Refine, refineFaults } from './refine.ts'
import type { Resolution, ResolvedLeaf } from './resolve.ts'
import type { ConfigSchema } from './schema.ts'
import { buildSnapshot, secretTexts, type Snapshot, valueAt } from './snapshot.ts'
import type { HeldSnapshot, SnapshotFile } from './snapshot-file.ts'
import { createStateFacts } from './state-facts.ts'
import { createSubscriptions } from './subscriptions.ts'

/** What {@link createLiveConfig} works with. */
export interface LiveConfigParts {
  readonly service: string
  readonly schema: CompiledSchema
  readonly sources: readonly ConfigSource[]
  /** What the sources held at start, in their order. */
  readonly loaded: readonly (LoadedSource | undefined)[]
  readonly snapshotFile: SnapshotFile | undefined
  readonly mounted: MountedDirectories | undefined
  readonly refine: Refine<never> | undefined
  readonly clock: Clock
  readonly environment: string
  readonly production: boolean
  /** What was the matter with each source at start; said until the source is read. */
  readonly sourceWarnings: readonly (string | undefined)[]
  readonly warnings: readonly string[]
  /** Combines and checks all layers, given what the sources hold. */
  readonly evaluate: (snapshots: readonly SourceSnapshot[]) => Resolution
}

/** Quiet time before a change is taken, so that a burst of writes is one change; and its longest. Facts A6. */
const debounce = { quietMs: 100, maxMs: 1_000 } as const

/**
 * Puts the first snapshot in force, then follows the sources: a change set is applied as one snapshot or refused as a
 * whole, and the last good one stays.
 *
 * @throws KEELSON_CONFIG_INVALID when the first snapshot has faults; the sources are closed then
 */
export async function createLiveConfig<Schema extends ConfigSchema>(
  parts: LiveConfigParts,
): Promise<Config<Schema>> {
  const { service, schema, sources, clock, snapshotFile } = parts
  const held: (HeldSnapshot | undefined)[] = [...parts.loaded]
  const sourceWarnings = [...parts.sourceWarnings]
  /** What the layers hold now, checked key by key and then across keys. */
  const evaluate = (): Resolution => {
    const resolution = parts.evaluate(held.flatMap((source) => source?.snapshot ?? []))
    return resolution.faults.length > 0
      ? resolution
      : { ...resolution, faults: refineFaults(parts.refine, resolution.leaves) }
  }
  const first = evaluate()
  if (first.faults.length > 0) {
    await Promise.allSettled(sources.map((source) => source.close()))
    throw configInvalid(service, first.faults, first.warnings)
  }

  let snapshot: Snapshot = buildSnapshot(first.leaves)
  let pending: ReadonlyMap<string, ResolvedLeaf> = new Map()
  let layerWarnings = first.warnings
  let refusal: readonly string[] = []
  let closing: Promise<void> | undefined
  const subscriptions = createSubscriptions()
  const rate = createChangeRate(clock)
  const facts = createStateFacts(service)

  const config = {
    current: snapshot.tree,
    environment: parts.environment,
    production: parts.production,
    revision: 1,
    hash: snapshot.hash,
    get warnings(): readonly string[] {
      return [
        ...notes(),
        ...refusal.map((fault) => `A change is refused and the last good configuration kept: ${fault}.`),
        ...subscriptions.failures(),
      ]
    },
    get pendingKeys(): readonly string[] {
      return [...pending.keys()]
    },
    explain(key: string) {
      const resolved = snapshot.leaves.get(key)
      if (resolved === undefined) throw unknownKeyError(key, schema)
      return explainLeaf(resolved, pending.get(key))
    },
    subscribe(key: string, listener: (next: unknown, previous: unknown) => void) {
      if (!schema.leaves.has(key) && !schema.groups.has(key)) throw unknownKeyError(key, schema)
      return subscriptions.add(key, listener)
    },
    toRedacted: () => redactedValues(snapshot, pending),
    sensitiveValues: () => secretTexts(snapshot.leaves),
    sensitiveVariables: () =>
      [...schema.byEnvironmentName].filter(([, leaf]) => leaf.sensitive).map(([name]) => name),
    close() {
      reload.cancel()
      parts.mounted?.close()
      closing ??= Promise.all([...sources.map((source) => source.close()), snapshotFile?.close()]).then(
        () => undefined,
      )
      return closing
    },
    [Symbol.asyncDispose]: () => config.close(),
  }

  const reload = createDebounce(
    () => {
      const candidate = evaluate()
      const refused = candidate.faults.length > 0 ? candidate.faults : apply(candidate)
      if (refused.length > 0) reject(refused)
      else {
        refusal = []
        layerWarnings = candidate.warnings
        keep()
      }
      facts.publish(snapshot.leaves, pending, notes())
    },
    { clock, ...debounce, notBefore: () => rate.notBefore },
  )

  /** What people should know, but for refusals, which are told for themselves. */
  function notes(): readonly string[] {
    const waiting = [...pending].map(
      ([key, resolved]) => `${key} was changed by ${originOf(resolved)}; it takes effect at the next start.`,
    )
    return [
      ...parts.warnings,
      ...sourceWarnings,
      ...layerWarnings,
      ...waiting,
      rate.warning,
      snapshotFile?.problem,
    ].filter((note) => note !== undefined)
  }

  function reject(found: readonly ConfigFault[]): void {
    const faults = found.map((fault) => `${describeFault(fault)} (${fault.origin})`)
    // A source that repeats itself does not make the refusal new.
    if (isDeepStrictEqual(faults, refusal)) return
    refusal = faults
    channel('keelson.config.rejected').publish({ service, faults })
  }

  /** @returns what is wrong with the new values of hot keys beside the old ones of the others; nothing is applied then */
  function apply(candidate: Resolution): readonly ConfigFault[] {
    const merged = mergeChanges(snapshot.leaves, candidate.leaves)
    const faults = merged.pending.size === 0 ? [] : refineFaults(parts.refine, merged.leaves)
    if (faults.length > 0) return faults
    pending = merged.pending
    if (merged.changedKeys.length === 0) {
      snapshot = { ...snapshot, leaves: merged.leaves } // origins may have changed
      return []
    }
    const previous = snapshot
    snapshot = buildSnapshot(merged.leaves)
    config.current = snapshot.tree
    config.hash = snapshot.hash
    config.revision++
    rate.count()
    publishApplied(merged.changedKeys)
    subscriptions.notify(merged.changedKeys, (key) => [
      valueAt(snapshot.tree, key),
      valueAt(previous.tree, key),
    ])
    return []
  }

  /** Only what was accepted gets here: a start from the file must not fail for what the running process had refused. */
  function keep(): void {
    snapshotFile?.save(
      new Map(
        sources.flatMap((source, index) => {
          const own = held[index]
          return own === undefined ? [] : [[source.name, own]]
        }),
      ),
    )
  }

  function publishApplied(changedKeys: readonly string[]): void {
    const { revision, hash } = config
    channel('keelson.config.applied').publish({ service, revision, hash, changedKeys })
  }

  publishApplied([])
  facts.publish(snapshot.leaves, pending, notes())
  keep()
  parts.mounted?.watch(() => reload.trigger())
  for (const [index, source] of sources.entries()) {
    const reachable = (up: boolean) => {
      channel('keelson.config.source').publish({ service, source: source.name, up })
    }
    const synced = () => channel('keelson.config.synced').publish({ service, source: source.name })
    reachable(parts.loaded[index]?.fresh === true)
    if (parts.loaded[index]?.fresh === true) synced()
    source.watch?.({
      reachable,
      changed(changed) {
        held[index] = { snapshot: changed, readAtMs: clock.now() }
        sourceWarnings[index] = undefined
        if (changed.stale !== true) synced()
        if (closing === undefined) reload.trigger()
      },
    })
  }
  // The values were built along the schema that the type is inferred from.
  return config as unknown as Config<Schema>
}

/** The error of a key that the schema does not have. */
export function unknownKeyError(key: string, schema: CompiledSchema): KeelsonError {
  const near = nearest(key, [...schema.leaves.keys(), ...schema.groups])
  const hint = near === undefined ? '' : ` Did you mean ${near}?`
  return new KeelsonError('KEELSON_CONFIG_KEY_UNKNOWN', `${key} is not a key of the schema.${hint}`, {
    details: { key },
  })
}

interface MergedChanges {
  readonly leaves: ReadonlyMap<string, ResolvedLeaf>
  /** Keys whose new value is in force. */
  readonly changedKeys: readonly string[]
  readonly pending: ReadonlyMap<string, ResolvedLeaf>
}

/** Takes the new values of hot keys; those of the others wait. */
function mergeChanges(
  current: ReadonlyMap<string, ResolvedLeaf>,
  candidate: ReadonlyMap<string, ResolvedLeaf>,
): MergedChanges {
  const leaves = new Map<string, ResolvedLeaf>()
  const changedKeys: string[] = []
  const pending = new Map<string, ResolvedLeaf>()
  for (const [key, next] of candidate) {
    const previous = current.get(key) ?? next
    const equal = isDeepStrictEqual(previous.value, next.value)
    if (equal || next.leaf.reload === 'hot') leaves.set(key, next)
    else leaves.set(key, previous)
    if (!equal && next.leaf.reload === 'hot') changedKeys.push(key)
    if (!equal && next.leaf.reload === 'restart') pending.set(key, next)
  }
  return { leaves, changedKeys, pending }
}

function redactedValues(
  snapshot: Snapshot,
  pending: ReadonlyMap<string, ResolvedLeaf>,
): Readonly<Record<string, RedactedValue>> {
  const lines = [...snapshot.leaves].map(([key, resolved]): [string, RedactedValue] => {
    const { sensitive } = resolved.leaf
    const waiting = pending.get(key)
    const line = { value: publicValue(resolved.value, sensitive), origin: originOf(resolved) }
    if (waiting === undefined) return [key, line]
    return [
      key,
      { ...line, pending: { value: publicValue(waiting.value, sensitive), origin: originOf(waiting) } },
    ]
  })
  return Object.fromEntries(lines)
}
