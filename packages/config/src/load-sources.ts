import type { Clock } from '@keelson/core/clock'
import { KeelsonError } from '@keelson/core/errors'
import type { ConfigSource, SourceSnapshot } from './config-source.ts'

/** What loading the sources gave. */
export interface SourceLoad {
  /** One for each source, in their order; `undefined` where an optional source is out of reach. */
  readonly snapshots: readonly (SourceSnapshot | undefined)[]
  readonly warnings: readonly string[]
}

/** Time for an aborted source to say what it was waiting for, which is a better cause than lateness. */
const graceMs = 250

/**
 * Loads all sources at once within one budget.
 *
 * @param timeoutMs the whole budget, in milliseconds
 * @throws KEELSON_CONFIG_SOURCE_UNAVAILABLE when a required source fails or is late; all are closed then
 */
export async function loadSources(
  sources: readonly ConfigSource[],
  clock: Clock,
  timeoutMs: number,
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
    return judge(sources, results)
  } catch (error) {
    await Promise.allSettled(sources.map((source) => source.close()))
    throw error
  } finally {
    clock.clearTimeout(timer)
  }
}

function judge(
  sources: readonly ConfigSource[],
  results: readonly PromiseSettledResult<SourceSnapshot>[],
): SourceLoad {
  const warnings: string[] = []
  const snapshots = results.map((result, index) => {
    if (result.status === 'fulfilled') return result.value
    const source = sources[index]
    const name = source?.name ?? 'source'
    const cause: unknown = result.reason
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (source?.required !== false) {
      throw new KeelsonError(
        'KEELSON_CONFIG_SOURCE_UNAVAILABLE',
        `The configuration source ${name} is unavailable: ${reason}\nBring it back, or start without it by KEELSON_CONFIG_ETCD=off.`,
        { cause, details: { source: name } },
      )
    }
    warnings.push(
      `The configuration source ${name} is unavailable, so that its values are missing: ${reason}`,
    )
    return undefined
  })
  return { snapshots, warnings }
}
