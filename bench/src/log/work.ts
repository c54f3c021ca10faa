/** What is logged. Every contender writes the same fields, with values that differ from line to line. */
export const workNames = ['text', 'fields', 'nested', 'request', 'error', 'access'] as const

/** Name of a kind of line. */
export type WorkName = (typeof workNames)[number]

/** What each kind of line is, for the page. */
export const workDescriptions: Readonly<Record<WorkName, string>> = {
  text: 'a message alone',
  fields: 'a message and five flat fields',
  nested: 'a message, an object in an object, a list, booleans',
  request: 'a logger made for a request, and three lines by it',
  error: 'an error with its stack and a cause',
  access: 'the access line of a request, 12 fields',
}

/** Lines that one turn of a kind of work writes. */
export function linesOf(work: WorkName): number {
  return work === 'request' ? 3 : 1
}

/** One ended request. */
export interface Sample {
  readonly requestId: string
  readonly traceId: string
  readonly spanId: string
  readonly video: string
  readonly url: string
  readonly statusCode: number
  readonly durationMs: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly remoteIp: string
  readonly userAgent: string
  readonly error: Error
}

/** Identity of the service, on every line of every contender. */
export const identity = {
  service: 'delivery',
  version: '1.4.0',
  env: 'production',
  pod: 'delivery-7d9c5b6f4-x2x7k',
  node: 'worker-3',
  host: 'delivery-7d9c5b6f4-x2x7k',
} as const

/** Route of the access lines. */
export const route = '/videos/:id'

const hexDigits = '0123456789abcdef'

/** Makes requests that differ in all that differs in real ones; the same ones for every contender. */
export function createSamples(count: number): readonly Sample[] {
  let state = 42
  const next = (bound: number): number => {
    // Numerical Recipes' linear congruential generator: any spread will do.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % bound
  }
  const hex = (length: number): string =>
    Array.from({ length }, () => hexDigits.charAt(next(1 << 16) >> 12)).join('')
  return Array.from({ length: count }, (_, index) => {
    const video = `v${next(100_000)}`
    return {
      requestId: `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
      traceId: hex(32),
      spanId: hex(16),
      video,
      url: `/videos/${video}`,
      statusCode: index % 50 === 0 ? 404 : 200,
      durationMs: next(1_000_000) / 1000,
      bytesIn: 0,
      bytesOut: 200 + next(4000),
      remoteIp: `10.${next(256)}.${next(256)}.${next(256)}`,
      userAgent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
      error: new Error(`video ${video} is gone`, { cause: new Error('connect ECONNREFUSED 10.0.0.7:5432') }),
    }
  })
}
