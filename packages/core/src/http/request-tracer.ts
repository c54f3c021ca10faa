import type { IncomingMessage } from 'node:http'
import type { ContextSpan } from '../context/index.ts'
import type { AccessRecord } from './access.ts'
import type { TraceParent } from './traceparent.ts'

/** Makes a span for every inbound request; `@keelson/otel` has one. */
export interface RequestTracer {
  /**
   * Begins the span of a request; its ids become those of the request's context.
   *
   * @param parent from a valid `traceparent`
   */
  startRequest(request: IncomingMessage, parent: TraceParent | undefined): RequestSpan
}

/** The span of an inbound request. */
export interface RequestSpan extends ContextSpan {
  /** Ends it with what the request was. Called once, by whoever opened the request. */
  end(record: AccessRecord): void
}
