import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** What decides over a request for the page. */
export interface PageRequest {
  readonly method: string
  /** Without its query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** The answer to a request that is not served. */
export interface Refusal {
  readonly status: 401 | 403 | 421
  readonly reason: string
}

/** Decides which requests are served. */
export interface PageAccess {
  /** @returns `undefined` for a request that is */
  refuse(request: PageRequest): Refusal | undefined
}

/**
 * Makes the guard of the page. The page itself, which holds no data, is for everybody who finds the port; data and actions
 * want the token in `authorization: Bearer`. It is never in a cookie, which a browser would send to every port of this
 * machine, and with requests that other pages make.
 *
 * @param port where the page is served: only names of the loopback address with this port are its names, so that no other
 *   name that leads here (DNS rebinding) makes a browser believe that it is another site's
 */
export function createPageAccess(token: string, port: number): PageAccess {
  const names: ReadonlySet<string> = new Set(
    ['127.0.0.1', 'localhost', '[::1]'].map((host) => `${host}:${port}`),
  )
  const expected = digest(`Bearer ${token}`)
  return {
    refuse({ path, headers }) {
      const { host = '', origin, authorization = '' } = headers
      if (!names.has(host.toLowerCase())) {
        return {
          status: 421,
          reason: 'This page is served under the address that keelson dev has shown only.',
        }
      }
      if (!path.startsWith('/api/')) return undefined
      const site = headers['sec-fetch-site']
      if (
        (origin !== undefined && origin !== `http://${host}`) ||
        site === 'cross-site' ||
        site === 'same-site'
      ) {
        return { status: 403, reason: 'Only the page itself may ask.' }
      }
      // Digests have one length, so that the comparison tells nothing about the token's.
      if (!timingSafeEqual(digest(authorization), expected)) {
        return { status: 401, reason: 'The token is wrong. Open the address that keelson dev has shown.' }
      }
      return undefined
    },
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
