import type { RequestContext } from '@keelson/core/context'
import type { Logger } from './pino-adapter.ts'

/** What `logger()` needs of a log. */
export interface OpenLog {
  readonly logger: Logger
  module(name: string): Logger
  forContext(context: RequestContext, logger?: Logger): Logger
}

/** The log for a line that is written outside of every request and job. */
export interface ProcessLog {
  readonly log: OpenLog
  /** Names of the services whose line it may be, when there are several: nobody knows. */
  readonly services: string | undefined
  /** Children of the log's loggers that name `services`. */
  readonly shared: WeakMap<Logger, Logger>
}

// Module-level state (docs/decisions/0006): which logs a process has is a fact of the process, like the context that
// a line is written in.
const openLogs: { readonly service: string; readonly log: OpenLog }[] = []
let chosen: ProcessLog | undefined

/**
 * Makes a log one that `logger()` finds.
 *
 * @returns takes it out again; the last log of a process is found even then, since it still writes
 */
export function addOpenLog(service: string, log: OpenLog): () => void {
  const entry = { service, log }
  openLogs.push(entry)
  choose()
  return () => {
    const index = openLogs.indexOf(entry)
    if (index === -1) return
    openLogs.splice(index, 1)
    if (openLogs.length > 0) choose()
  }
}

/** The log of the service that a request or job belongs to. */
export function contextLog(context: RequestContext | undefined): OpenLog | undefined {
  // Whoever opens a context puts a log of ours there, and nothing else (`RequestContext.log`).
  return context?.log as OpenLog | undefined
}

/** The log for lines outside of every request; `undefined` before the first one was made. */
export function processLog(): ProcessLog | undefined {
  return chosen
}

/** The service that came first, and of its logs the newest: the one before it was made to say what could not wait. */
function choose(): void {
  const first = openLogs[0]?.service
  const newest = openLogs.findLast(({ service }) => service === first)
  if (newest === undefined) return
  const services = [...new Set(openLogs.map(({ service }) => service))]
  chosen = {
    log: newest.log,
    services: services.length > 1 ? services.join(',') : undefined,
    shared: new WeakMap(),
  }
}
