import type { AccessRecord } from '@keelson/core/http'
import { collectorFragment, requestFragment } from './context-fragment.ts'
import { quote } from './json-text.ts'

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
  const { prefix, slowRequestMs, head, timeText, threshold, write } = options
  const name = (field: string): string => `,"${prefix}${field}":`
  const names = {
    url: name('url'),
    status: name('status'),
    durationMs: name('duration_ms'),
    bytesIn: name('bytes_in'),
    bytesOut: name('bytes_out'),
    remoteIp: name('remote_ip'),
    userAgent: name('user_agent'),
    aborted: `${name('aborted')}"true"`,
  }

  return (method, route) => {
    // Without its closing quote: the status follows.
    const messageStart = `,"short_message":${quote(`${method} ${route ?? '(no route)'} `).slice(0, -1)}`
    const routeFields =
      `${name('method')}${quote(method)}` +
      (route === undefined ? '' : `${name('route')}${quote(route)}`) +
      names.url
    return (record) => {
      const { statusCode, durationMs, userAgent } = record
      const level = statusCode >= 500 ? errorLevel : durationMs > slowRequestMs ? warnLevel : infoLevel
      if (level < threshold()) return
      const fragment = requestFragment(record)
      // Microseconds are as fine as the clock of the process is worth.
      const duration = Math.round(finite(durationMs) * 1000) / 1000
      write(
        `${head(level)}${timeText()}${messageStart}${statusCode}"${routeFields}${quote(record.url)}${
          names.status
        }${statusCode}${names.durationMs}${duration}${names.bytesIn}${finite(record.bytesIn)}${names.bytesOut}${finite(
          record.bytesOut,
        )}${names.remoteIp}${quote(record.remoteIp)}${
          userAgent === undefined || userAgent === '' ? '' : names.userAgent + quote(userAgent)
        }${record.aborted ? names.aborted : ''}${prefix === '_' ? fragment : collectorFragment(fragment)}}\n`,
      )
    }
  }
}

/** JSON has no word for NaN: a size that could not be read must not cost the line. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0
}
