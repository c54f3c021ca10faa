import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import type { RequestTracer } from '@keelson/core/http'
import type { Secret } from '@keelson/config'

/** What configuration says of traces. */
export interface TracingSettings {
  readonly endpoint: string | null
  readonly headers: Secret<string> | null
  readonly sampleRatio: number
}

/** Traces of a service, under way. */
export interface OpenTracing {
  readonly tracer: RequestTracer
  close(): Promise<void>
}

/**
 * Loads `@keelson/otel` where traces are switched on, and nothing otherwise.
 *
 * @throws KEELSON_CONFIG_INVALID when the package is missing, or a key is of no use to it
 */
export async function openTracing(
  service: string,
  version: string,
  { endpoint, headers, sampleRatio }: TracingSettings,
): Promise<OpenTracing | undefined> {
  if (endpoint === null) return undefined
  const { createTracing } = await loadPackage()
  try {
    return createTracing({
      service,
      version,
      endpoint,
      sampleRatio,
      ...(headers === null ? {} : { headers: headersOf(headers.reveal()) }),
    })
  } catch (error) {
    if (!isKeelsonError(error)) throw error
    throw unusable(error.message, error)
  }
}

async function loadPackage() {
  try {
    return await import('@keelson/otel')
  } catch (error) {
    if (!isMissing(error)) throw error
    throw unusable(
      'otel.endpoint is set, and the package @keelson/otel is not installed. Install it, or unset the key.',
      error,
    )
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}

/** `name=value` pairs with commas between them, values percent-encoded: as OTEL_EXPORTER_OTLP_HEADERS is specified. */
function headersOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '')
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? []
      // The value is a secret: the message names none.
      if (name === undefined || value === undefined)
        throw unusable('otel.headers is not name=value,name=value.')
      return [name, decoded(value)]
    }),
  )
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function unusable(problem: string, cause?: unknown): KeelsonError {
  return new KeelsonError(
    'KEELSON_CONFIG_INVALID',
    `The keys otel.* cannot be used. ${problem}`,
    cause === undefined ? {} : { cause },
  )
}
