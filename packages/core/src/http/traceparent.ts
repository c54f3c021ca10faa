/** The two ids of a W3C `traceparent` header. */
export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string
  /** 16 lower-case hexadecimal digits, not all zero: the caller's span. */
  readonly spanId: string
  /** Two hexadecimal digits; bit 0 = sampled. */
  readonly flags: string
}

// W3C Trace Context, §3.2: version ff is forbidden; version 00 has exactly four fields, later ones may have more.
const pattern = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/**
 * Reads a `traceparent` header strictly, as the specification asks: anything malformed counts as absent.
 *
 * @param header value of the header
 */
export function parseTraceparent(header: string | readonly string[] | undefined): TraceParent | undefined {
  if (typeof header !== 'string') return undefined
  const match = pattern.exec(header)
  if (match === null || (match[1] === '00' && match[5] !== undefined)) return undefined
  // The pattern has these groups whenever it matches.
  return { traceId: match[2] as string, spanId: match[3] as string, flags: match[4] as string }
}

/**
 * Whether the caller keeps the trace, by the flags of its `traceparent`.
 *
 * @param flags two hexadecimal digits
 */
export function isSampled(flags: string | undefined): boolean {
  return flags !== undefined && /[13579bdf]$/.test(flags)
}
