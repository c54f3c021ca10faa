import type { Clock } from '@keelson/core/clock'
import { KeelsonError } from '@keelson/core/errors'
import type { ConfigSource, SourceSnapshot } from './config-source.ts'
import type { HeldSnapshot, SnapshotFile } from './snapshot-file.ts'

/** What a source gave at start. */
export interface LoadedSource extends HeldSnapshot {
  /** The source itself was read, just now and with nothing to hold against it; else this is what it held earlier. */
  readonly fresh: boolean
}

/** What loading the sources gave. */
export interface SourceLoad {
  /** One for each source, in their order; `undefined` where an optional source is out of reach. */
  readonly loaded: readonly (LoadedSource | undefined)[]
  /** What is the matter with each source, in their order, as a sentence. */
  readonly warnings: readonly (string | undefined)[]
}

/** Time for an aborted source to say what it was waiting for, which is a better cause than lateness. */
const graceMs = 250

/**
 * Loads all sources at once within one budget.
 *
 * @param timeoutMs the whole budget, in milliseconds
 * @param file stands in for sources that do not answer, unless they are `required: true`
 * @throws KEELSON_CONFIG_SOURCE_UNAVAILABLE when a required source fails or is late; all are closed then
 */
export async function loadSources(
  sources: readonly ConfigSource[],
  clock: Clock,
  timeoutMs: number,
  file: SnapshotFile | undefined,
): Promise<SourceLoad> {
  const abort = new AbortController()
  const late = Promise.withResolvers<never>()
  late.promise.catch(() => undefined) // nobody may be racing against it any more
  const lateness = new Error(`no answer within ${timeoutMs} ms`)
  let timer = clock.setTimeout(() => {
    abort.abort(lateness)
    timer = clock.setTimeout(() => late.reject(lateness), graceMs)
  }, timeoutMs)
  try {
    const results = await Promise.allSettled(
      // A source that does not follow the signal must not hold the start up either.
      sources.map((source) => Promise.race([source.load(abort.signal), late.promise])),
    )
    return await judge(sources, results, clock, file)
  } catch (error) {
    await Promise.allSettled(sources.map((source) => source.close()))
    throw error
  } finally {
    clock.clearTimeout(timer)
  }
}

async function judge(
  sources: readonly ConfigSource[],
  results: readonly PromiseSettledResult<SourceSnapshot>[],
  clock: Clock,
  file: SnapshotFile | undefined,
): Promise<SourceLoad> {
  const loaded: (LoadedSource | undefined)[] = []
  const warnings: (string | undefined)[] = []
  for (const [index, source] of sources.entries()) {
    const result = results[index]
    if (result?.status === 'fulfilled') {
      loaded.push({ snapshot: result.value, readAtMs: clock.now(), fresh: result.value.stale !== true })
      warnings.push(undefined)
    } else {
      const { held, warning } = await standIn(source, result?.reason, file)
      loaded.push(held)
      warnings.push(warning)
    }
  }
  return { loaded, warnings }
}

async function standIn(
  { name, required = true }: ConfigSource,
  cause: unknown,
  file: SnapshotFile | undefined,
): Promise<{ readonly held: LoadedSource | undefined; readonly warning: string }> {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const stored = required === true || file === undefined ? undefined : await file.read(name)
  if (stored !== undefined && !('unusable' in stored)) {
    const { revision } = stored.snapshot
    const warning = `The configuration source ${name} is unavailable: ${reason}\nIts values are those of ${new Date(stored.readAtMs).toISOString()}, revision ${revision}, from ${file?.path}.`
    return { held: { ...stored, fresh: false }, warning }
  }
  if (required === false) {
    const warning = `The configuration source ${name} is unavailable, so that its values are missing: ${reason}`
    return { held: undefined, warning }
  }
  const snapshot =
    stored === undefined
      ? required === 'snapshot'
        ? ['There is no folder for a snapshot.']
        : []
      : [`The snapshot ${file?.path} ${stored.unusable}.`]
  const remedy = 'Bring it back, or start without it by KEELSON_CONFIG_ETCD=off.'
  throw new KeelsonError(
    'KEELSON_CONFIG_SOURCE_UNAVAILABLE',
    [`The configuration source ${name} is unavailable: ${reason}`, ...snapshot, remedy].join('\n'),
    { cause, details: { source: name } },
  )
}
