import type { gzip } from 'node:zlib'

/** Shortest body that is compressed, in bytes: below it the answer fits into one packet either way. */
const SHORTEST_COMPRESSED = 1_400

/** Quick rather than small: a page of metrics shrinks to a tenth even so, and Prometheus asks for it all day. */
const LEVEL = 1

/**
 * Compresses a body for a caller who takes gzip. The work is done on a thread of the system's pool.
 *
 * @param acceptEncoding value of the `accept-encoding` header
 * @returns `undefined` when the body goes out as it is
 */
export async function compressed(
  body: string | Uint8Array,
  acceptEncoding: string | string[] | undefined,
): Promise<Buffer | undefined> {
  if (body.length < SHORTEST_COMPRESSED || !acceptsGzip(String(acceptEncoding ?? ''))) return undefined
  // Loaded with the first answer that needs it: the probe thread is to stay small.
  const zlib = await import('node:zlib')
  return new Promise((resolve) => {
    const done: Parameters<typeof gzip>[2] = (error, bytes) => resolve(error === null ? bytes : undefined)
    zlib.gzip(body, { level: LEVEL }, done)
  })
}

/** Whether a list by RFC 9110 §12.5.3 names gzip, or everything, and does not refuse it. */
export function acceptsGzip(acceptEncoding: string): boolean {
  const qualities = new Map(
    acceptEncoding
      .toLowerCase()
      .split(',')
      .map((part) => {
        const [coding = '', ...parameters] = part.split(';').map((piece) => piece.trim())
        const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
        return [coding, quality === undefined ? 1 : Number(quality)]
      }),
  )
  return (qualities.get('gzip') ?? qualities.get('*') ?? 0) > 0
}
