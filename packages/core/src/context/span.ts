/** Ids of a span, as `traceparent` and log lines carry them. */
export interface SpanIds {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string
  /** 16 lower-case hexadecimal digits. */
  readonly spanId: string
  /** Two hexadecimal digits; bit 0 = sampled. */
  readonly traceFlags: string
}

/** The span of what a context stands for. Made by whoever traces, `@keelson/otel` for one; nobody does unless it is switched on. */
export interface ContextSpan extends SpanIds {
  /** Begins the span of one attempt to call a dependency. */
  startAttempt(attempt: AttemptFacts): AttemptSpan
}

/** What is known of an attempt before it is made. */
export interface AttemptFacts {
  readonly dependency: string
  readonly method: string
  /** Path as the caller wrote it, parameters not filled in: `/videos/{id}`. */
  readonly template: string
  /** Where the dependency is. */
  readonly host: string
  readonly port: number
  /** 0 for the first attempt. */
  readonly retry: number
}

/** The span of an attempt. */
export interface AttemptSpan extends SpanIds {
  /**
   * Ends it, once.
   *
   * @param statusCode of the answer, where there was one
   * @param error why the attempt failed
   */
  end(statusCode: number | undefined, error?: unknown): void
}
