/** What one run of wrk measured. */
export interface WrkResult {
  readonly requestCount: number
  /** Completed requests in each second of the run. */
  readonly requestsPerSecond: number
  /** 99th percentile of the latency in milliseconds, at saturation: each connection always has a request under way. */
  readonly p99Ms: number
}

/**
 * Reads what `wrk --latency` prints.
 *
 * @throws Error when a figure is missing, or when the server answered anything but 2xx or 3xx, or lost a connection:
 * a stack that sheds load must not look fast
 */
export function parseWrk(output: string): WrkResult {
  const failures = /^\s*(Non-2xx or 3xx responses: .*|Socket errors: .*)$/m.exec(output)?.[1]
  if (failures !== undefined) throw new Error(`wrk saw failures. ${failures}`)
  // Units of one letter are padded with a space.
  const [, p99 = '', unit = ''] = find(output, /^\s*99%\s+([\d.]+)(us|ms|s|m|h) *$/m, 'the 99th percentile')
  return {
    requestCount: Number(find(output, /^\s*(\d+) requests in /m, 'the number of requests')[1]),
    requestsPerSecond: Number(find(output, /^Requests\/sec:\s+([\d.]+)$/m, 'requests per second')[1]),
    p99Ms: Number(p99) * (unitsMs[unit] ?? Number.NaN),
  }
}

/** Units of wrk's latencies in milliseconds. */
const unitsMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

function find(output: string, pattern: RegExp, what: string): RegExpExecArray {
  const match = pattern.exec(output)
  if (match === null) throw new Error(`The output of wrk does not hold ${what}:\n${output}`)
  return match
}
