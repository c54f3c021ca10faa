/** What one inbound request was, once it has ended: the raw material of the access line. */
export interface AccessRecord {
  readonly requestId: string
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
  readonly method: string
  /** Template of the route, `/videos/:id`; `undefined` when none matched. */
  readonly route: string | undefined
  /** Path as sent by the caller, without the query. */
  readonly url: string
  readonly statusCode: number
  readonly durationMs: number
  /** Size of the request body as announced by the caller, 0 when unknown. */
  readonly bytesIn: number
  /** Size of the answer's body, 0 when unknown. */
  readonly bytesOut: number
  readonly remoteIp: string
  /** Cut at 256 characters. */
  readonly userAgent: string | undefined
  /** The caller left before the answer was complete. */
  readonly aborted: boolean
}
