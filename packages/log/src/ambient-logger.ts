import { currentContext } from '@keelson/core/context'
import { buildLog } from './log.ts'
import { contextLog, processLog, type OpenLog, type ProcessLog } from './open-logs.ts'
import type { Logger } from './pino-adapter.ts'

/** `_service` of lines that are written before any log was made. */
const nobody = 'unknown'

/**
 * Gives the logger of whoever asks, from anywhere, without one having been passed there.
 *
 * - In a request or job: the logger of its service, bound to it. Kept beyond its end, as in the listener of a pooled
 *   connection, it still writes that request's id.
 * - Elsewhere, as at the top of a module: a logger that chooses anew for every line. Within a request it writes to the
 *   log of that request's service; outside, to the log of the process's one service. Where a process has several, to
 *   that of the service that came first, and the line says `_services` with the names of all, since nobody can know whose
 *   it is. Before any log was made it writes to standard output, as service `unknown`.
 *
 * @param module name of a part of the program, as for {@link Log.module}
 * @example
 * const log = logger('sql') // at the top of a file
 * export function connect() {
 *   log.info('connected') // carries the id of the request that calls connect()
 * }
 */
export function logger(module?: string): Logger {
  const context = currentContext()
  if (context === undefined) return lateLogger(module)
  const own = contextLog(context)
  return own === undefined
    ? firstLog().log.forContext(context, processLogger(module))
    : own.forContext(context, partOf(own, module))
}

/** A logger that finds the log it writes to at every use. */
function lateLogger(module: string | undefined): Logger {
  return late(() => {
    const own = contextLog(currentContext())
    return own === undefined ? processLogger(module) : partOf(own, module)
  })
}

type ChildArguments = Parameters<Logger['child']>

function late(resolve: () => Logger): Logger {
  const lateChild = (...given: ChildArguments): Logger => {
    // One child for each log that it is ever used with, made once.
    const made = new WeakMap<Logger, Logger>()
    return late(() => {
      const parent = resolve()
      const known = made.get(parent)
      if (known !== undefined) return known
      const child = childOf(parent, given)
      made.set(parent, child)
      return child
    })
  }
  // Every access is answered by a logger, so that it is as good as one.
  return new Proxy({} as Logger, {
    get(_target, key) {
      if (key === 'child') return lateChild
      const current = resolve()
      const value: unknown = Reflect.get(current, key, current)
      return typeof value === 'function' ? (value.bind(current) as unknown) : value
    },
    set: (_target, key, value) => Reflect.set(resolve(), key, value),
    has: (_target, key) => Reflect.has(resolve(), key),
    getPrototypeOf: () => Reflect.getPrototypeOf(resolve()),
  })
}

/** Declared with custom levels of its own, which are a matter of types alone here. */
function childOf(parent: Logger, given: ChildArguments): Logger {
  const child: unknown = parent.child(...given)
  return child as Logger
}

function partOf(log: OpenLog, module: string | undefined): Logger {
  return module === undefined ? log.logger : log.module(module)
}

/** The logger for lines outside of every request. */
function processLogger(module: string | undefined): Logger {
  const { log, services, shared } = firstLog()
  const own = partOf(log, module)
  if (services === undefined) return own
  const known = shared.get(own)
  if (known !== undefined) return known
  const made = childOf(own, [{ services }])
  shared.set(own, made)
  return made
}

// Module-level state (docs/decisions/0006).
let early: ProcessLog | undefined

/** The log of the process, or one for lines that cannot wait for it. */
function firstLog(): ProcessLog {
  return (
    processLog() ??
    (early ??= { log: buildLog({ service: nobody }), services: undefined, shared: new WeakMap() })
  )
}
