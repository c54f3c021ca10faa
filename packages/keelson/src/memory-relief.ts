import { KeelsonError } from '@keelson/core/errors'
import { endProcess, exitCodes } from '@keelson/core/lifecycle'
import { createMemoryGuard, type MemoryLook } from '@keelson/core/limits'
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
  // Where state.dir is, only the place knows that the service runs in: no check of its files can tell.
  if (snapshotRatio > 0 && snapshots === undefined) {
    throw new KeelsonError(
      'KEELSON_CONFIG_INVALID',
      'limits.snapshotRatio needs a folder for the snapshot. Set limits.snapshotDir or state.dir.',
    )
  }
  // What it would refuse, `houseFaults` has refused before. The clock of performance began with the process.
  const guard = createMemoryGuard(0, {
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
