import type { ProcessWatch } from '@keelson/core/ledger'
import {
  exitCodes,
  joinProcess,
  type Lifecycle,
  type StopReport,
  type StopRequest,
} from '@keelson/core/lifecycle'
import type { ServiceLog } from './service-log.ts'

/** How long the handlers of the process outlive a failed creation, in milliseconds: an uncaught error reaches them at once. */
export const LAST_WORDS_MS = 1_000

/**
 * Puts a service under the signals and uncaught errors of the process.
 *
 * @param beginStop called when the process ends; gives what there is to stop
 * @returns takes it out again
 */
export function enterProcess(
  service: string,
  log: ServiceLog,
  watch: () => ProcessWatch | undefined,
  beginStop: () => Lifecycle | undefined,
): () => void {
  return joinProcess({
    service,
    // A signal before there is anything to stop: nothing was accepted, nothing is lost.
    stop: (request) => endService(beginStop(), log, watch(), request),
    fatal: (error) => log.fatal(error),
    flush: () => log.flush(),
  })
}

/** Ends a service. The log is closed last of all, after it has said what the stop did. */
export async function endService(
  lifecycle: Lifecycle | undefined,
  log: ServiceLog,
  watch: ProcessWatch | undefined,
  request: StopRequest,
): Promise<StopReport> {
  const report = await (lifecycle?.stop(request) ?? nothingToStop(request))
  log.report(report)
  watch?.close(report)
  await log.close()
  return report
}

function nothingToStop({ reason, exitCode = exitCodes.clean }: StopRequest): StopReport {
  return { reason, exitCode, durationMs: 0, cut: [], failures: [] }
}
