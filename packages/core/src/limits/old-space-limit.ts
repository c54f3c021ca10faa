/** What says how large the old generation may grow. */
export interface OldSpaceFlags {
  /** @defaultValue `process.execArgv` */
  readonly execArgv?: readonly string[]
  /** @defaultValue `NODE_OPTIONS` of the process */
  readonly nodeOptions?: string | undefined
}

const mebibyte = 1_048_576
const flag = /^--max[-_]old[-_]space[-_]size=(\d+)$/

/**
 * Size of the old generation at which V8 ends the process. The limit that V8 reports has the young generation in it: with
 * `--max-old-space-size=96` it says 288 MiB on a machine of 16 GiB and gives up at 96 (Node 24.21). Where the size follows from the machine or from a
 * percentage the young generation is a tenth at most, and the reported limit is taken.
 *
 * @param heapLimitBytes as V8 reports it
 */
export function oldSpaceLimitBytes(
  heapLimitBytes: number,
  { execArgv = process.execArgv, nodeOptions = process.env['NODE_OPTIONS'] }: OldSpaceFlags = {},
): number {
  // The command line comes after NODE_OPTIONS, and the last word counts.
  const words = [...(nodeOptions ?? '').split(/\s+/), ...execArgv]
  const mebibytes = words.map((word) => Number(flag.exec(word)?.[1])).findLast((size) => size > 0)
  return mebibytes === undefined ? heapLimitBytes : Math.min(heapLimitBytes, mebibytes * mebibyte)
}
