import { AsyncLocalStorage } from 'node:async_hooks'
import type { ContextSpan } from './span.ts'

/** How much a request matters when a service must refuse some. */
export type Criticality = 'critical' | 'default' | 'sheddable'

/** What every line, metric and outgoing call of one request or job may know of it. */
export interface RequestContext {
  /** Validated id of the request, 1–128 safe characters (`x-request-id`). */
  readonly requestId: string
  /** 32 lower-case hexadecimal digits, from a valid `traceparent`. */
  readonly traceId?: string | undefined
  /** 16 lower-case hexadecimal digits, from a valid `traceparent`. */
  readonly spanId?: string | undefined
  /** Two hexadecimal digits, from a valid `traceparent`; bit 0 = sampled. */
  readonly traceFlags?: string | undefined
  /** The span that the ids are of, where this process traces; calls to dependencies are made in it. */
  readonly span?: ContextSpan | undefined
  /** What tracing systems on the way have written (`tracestate`), passed on as it came; only with a valid `traceparent`. */
  readonly traceState?: string | undefined
  /** Moment by which the caller wants its answer, in milliseconds since 1970. */
  readonly deadline?: number | undefined
  /** Aborted when the caller is gone or the service must stop. */
  readonly signal?: AbortSignal | undefined
  readonly criticality?: Criticality | undefined
  /** Scratch place of the logger: this context as a piece of a log line. Nobody else reads or writes it. */
  logFragment?: string | undefined
  /**
   * Log of the service that the request or job belongs to, for `logger()` of `@keelson/log`: set by whoever opens the
   * context, else taken over from the context around it. Nobody else reads or writes it.
   */
  log?: object | undefined
}

// The one module-level state of the project (STYLE §3): a store per process is what makes the context ambient.
const storage = new AsyncLocalStorage<RequestContext>()

/** The context of the request or job that the caller runs for, or `undefined` outside of any. */
export function currentContext(): RequestContext | undefined {
  return storage.getStore()
}

/**
 * Runs a function for a request or job: everything that it calls, now or later, finds `context`.
 *
 * @returns what the function returns
 */
export function runWithContext<T>(context: RequestContext, fn: () => T): T {
  if (context.log === undefined) {
    const log = storage.getStore()?.log
    // A frozen context stays what it is, and does without.
    if (log !== undefined) Reflect.set(context, 'log', log)
  }
  return storage.run(context, fn)
}
