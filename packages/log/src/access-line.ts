import type { AccessRecord } from '@keelson/core/http'
import { quote, quoteless } from './json-text.ts'
import type { LineFilter } from './line-filter.ts'

/** pino's levels that access lines are written at. */
const infoLevel = 30
const warnLevel = 40
const errorLevel = 50

/** Options of {@link createAccessLines}. */
export interface AccessLineOptions {
  readonly prefix: '_' | ''
  /** Requests that took longer are written as warnings. Milliseconds. */
  readonly slowRequestMs: number
  /** Beginning of the line up to its level. */
  readonly head: (level: number) => string
  /** `,"timestamp":…` of now. */
  readonly timeText: () => string
  /** The least level that is written. */
  readonly threshold: () => number
  /** Leaves out the lines of requests that are not sampled. */
  readonly filter: LineFilter
  /** Takes the line as it was built. */
  readonly write: (line: string) => void
}

/**
 * Makes the function that prepares the access line of a route: what is the same in all its lines is made once, and a
 * request is then a plain concatenation that passes through no logger.
 */
export function createAccessLines(
  options: AccessLineOptions,
): (method: string, route: string | undefined) => (record: AccessRecord) => void {
  const { prefix, slowRequestMs, head, timeText, threshold, filter, write } = options
  // From the closing quote of the value before to the opening quote of the value after, or to the number.
  const text = (field: string): string => `","${prefix}${field}":"`
  const number = (field: string): string => `,"${prefix}${field}":`
  const urlName = `,"${prefix}url":"`
  const remoteIpName = text('remote_ip')
  const userAgentName = text('user_agent')
  const requestIdName = text('request_id')
  const traceIdName = text('trace_id')
  const spanIdName = text('span_id')
  const durationName = `"${number('duration_ms')}`
  const bytesInName = number('bytes_in')
  const bytesOutName = number('bytes_out')
  const abortedField = `${number('aborted')}"true"`
  const rejectedName = number('request_id_rejected')
  const sampleRateName = number('sample_rate')

  return (method, route) => {
    const fields =
      `${number('method')}${quote(method)}` +
      `${route === undefined ? '' : `${number('route')}${quote(route)}`}${number('status')}`
    const makeStart = (level: number, status: number): string =>
      `${head(level)},"short_message":${quote(`${method} ${route ?? '(no route)'} ${status}`)}${fields}${status}`
    // The two starts that nearly all lines of a route have are kept: its last status, in time and slow.
    const starts: Record<number, { readonly status: number; readonly text: string }> = {}

    return (record) => {
      const { durationMs, userAgent, traceId, spanId, requestIdRejected } = record
      const status = finite(record.statusCode)
      const level = status >= 500 ? errorLevel : durationMs > slowRequestMs ? warnLevel : infoLevel
      if (level < threshold()) return
      if (filter.isOn && filter.leavesOutRequest(level, record.requestId)) return
      let start = starts[level]
      if (start === undefined || start.status !== status) {
        start = { status, text: makeStart(level, status) }
        starts[level] = start
      }
      let line = start.text + timeText() + urlName + quoteless(record.url)
      if (record.remoteIp !== '') line += remoteIpName + quoteless(record.remoteIp)
      if (userAgent !== undefined && userAgent !== '') line += userAgentName + quoteless(userAgent)
      line += requestIdName + quoteless(record.requestId)
      if (traceId !== undefined) line += traceIdName + quoteless(traceId)
      if (spanId !== undefined) line += spanIdName + quoteless(spanId)
      // Microseconds are as fine as the clock of the process is worth.
      const duration = Math.round(finite(durationMs) * 1000) / 1000
      line += durationName + duration + bytesInName + finite(record.bytesIn)
      line += bytesOutName + finite(record.bytesOut) + (record.aborted ? abortedField : '')
      if (requestIdRejected !== undefined) line += `${rejectedName}"${requestIdRejected}"`
      if (filter.sampleRatio < 1 && level < warnLevel) line += sampleRateName + filter.sampleRatio
      write(`${line}}\n`)
    }
  }
}

/** JSON has no word for NaN: a size that could not be read must not cost the line. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0
}
