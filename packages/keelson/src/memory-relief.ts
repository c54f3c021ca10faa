import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import { endProcess, exitCodes } from '@keelson/core/lifecycle'
import { createMemoryGuard, type MemoryGuard, type MemoryLook } from '@keelson/core/limits'
import type { HeapSnapshots } from './heap-snapshots.ts'
import type { HouseConfig } from './load-config.ts'
import type { ServiceLog } from './service-log.ts'

/** What acts when memory runs short. */
export interface MemoryReliefOptions {
  readonly log: ServiceLog
  /** `undefined` where no folder is known. */
  readonly snapshots: HeapSnapshots | undefined
}

/**
 * Makes what is told of memory at every heartbeat: takes the heap snapshot or begins the restart that `limits.*` asks for.
 *
 * @returns `undefined` when neither is asked for
 * @throws KEELSON_CONFIG_INVALID
 */
export function createMemoryRelief(
  config: HouseConfig,
  { log, snapshots }: MemoryReliefOptions,
): ((look: MemoryLook) => void) | undefined {
  const { snapshotRatio, snapshotInterval, restartRatio, restartAge } = config.current.limits
  if (snapshotRatio === 0 && restartRatio === 0) return undefined
  if (snapshotRatio > 0 && snapshots === undefined) {
    throw new KeelsonError(
      'KEELSON_CONFIG_INVALID',
      'limits.snapshotRatio needs a folder for the snapshot. Set limits.snapshotDir or state.dir.',
    )
  }
  const guard = guardOf({
    snapshotRatio,
    snapshotIntervalMs: snapshotInterval,
    restartRatio,
    restartAgeMs: restartAge,
  })
  return (look) => {
    const relief = guard(performance.now(), look)
    if (relief?.action === 'snapshot') writeSnapshot(relief.reason)
    if (relief?.action === 'restart') restart(relief.reason)
  }

  function writeSnapshot(reason: string): void {
    const { logger } = log.current
    try {
      const result = snapshots?.write()
      if (result === undefined) return
      if ('refusal' in result) logger.warn(`${reason} No heap snapshot was written. ${result.refusal}`)
      else logger.warn({ file: result.file }, `${reason} A heap snapshot was written to ${result.file}.`)
    } catch (error) {
      logger.warn({ err: error }, `${reason} The heap snapshot could not be written.`)
    }
  }
  function restart(reason: string): void {
    const { logger } = log.current
    const ends = endProcess({ reason: `restart of its own accord: ${reason}`, exitCode: exitCodes.restart })
    logger.warn(
      ends
        ? `${reason} The service stops in order to be started again.`
        : `${reason} It does not restart: the process is not under its signals, or ends already.`,
    )
  }
}

/** What only the guard can refuse (a ratio above 1) is a fault of the configuration. */
function guardOf(options: Parameters<typeof createMemoryGuard>[1]): MemoryGuard {
  try {
    // The clock of performance began with the process.
    return createMemoryGuard(0, options)
  } catch (error) {
    if (!isKeelsonError(error)) throw error
    throw new KeelsonError('KEELSON_CONFIG_INVALID', `The keys limits.* cannot be used. ${error.message}`, {
      cause: error,
    })
  }
}
