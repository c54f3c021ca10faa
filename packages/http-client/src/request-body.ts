import { KeelsonError } from '@keelson/core/errors'

/** A request body as it goes over the wire. */
export interface EncodedBody {
  readonly bytes: string | Uint8Array | undefined
  /** Default content type; a header of the call wins. */
  readonly contentType: string | undefined
}

const none: EncodedBody = { bytes: undefined, contentType: undefined }

/**
 * Encodes the body of a call: text and bytes as they are, everything else as JSON.
 *
 * @throws KEELSON_CLIENT_REQUEST_INVALID for what JSON cannot hold, and for streams, which could not be sent twice
 */
export function encodeBody(body: unknown): EncodedBody {
  if (body === undefined) return none
  if (typeof body === 'string') return { bytes: body, contentType: 'text/plain; charset=utf-8' }
  if (body instanceof Uint8Array) return { bytes: body, contentType: 'application/octet-stream' }
  if (isStream(body)) throw invalid('is a stream; read it into a text or bytes first')
  const text = stringify(body)
  if (text === undefined) throw invalid(`is a ${typeof body}, which JSON cannot hold`)
  return { bytes: text, contentType: 'application/json' }
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && ('pipe' in body || Symbol.asyncIterator in body)
}

/** Nothing for a function or a symbol, whatever the type of `JSON.stringify` says. */
function stringify(body: unknown): string | undefined {
  try {
    return JSON.stringify(body)
  } catch (cause) {
    throw invalid('cannot be written as JSON', cause)
  }
}

function invalid(problem: string, cause?: unknown): KeelsonError {
  return new KeelsonError('KEELSON_CLIENT_REQUEST_INVALID', `The body of the call ${problem}.`, { cause })
}
