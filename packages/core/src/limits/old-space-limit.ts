import { totalmem } from 'node:os'

/** What says how large the old generation may grow. */
export interface OldSpaceFlags {
  /** @defaultValue `process.execArgv` */
  readonly execArgv?: readonly string[]
  /** @defaultValue `NODE_OPTIONS` of the process */
  readonly nodeOptions?: string | undefined
  /** What a percentage is taken of, in bytes. @defaultValue the memory of the container, else of the machine */
  readonly memoryBytes?: number
}

const mebibyte = 1_048_576
const sizeFlag = /^--max[-_]old[-_]space[-_]size=(\d+)$/
const percentageFlag = /^--max[-_]old[-_]space[-_]size[-_]percentage=(\d+(?:\.\d+)?)$/

/**
 * Size of the old generation at which V8 ends the process. The limit that V8 reports has the young generation in it, three times the
 * semi-space. On a machine of 24 GiB (Node 24.21; a process that leaks, what its old generation held when it was last asked):
 *
 * | flags | V8 reports | ended at |
 * | --- | ---: | ---: |
 * | `--max-old-space-size=64` | 256 MiB | 60 MiB |
 * | the same, `--max-semi-space-size` 1, 16 and 64 | 67, 112, 256 | 63, 62, 63 |
 * | `--max-old-space-size=256` | 448 | 254 |
 * | `--max-old-space-size-percentage=2` (482 MiB) | 674 | 480 |
 * | `--max-heap-size=512` | 512 | 462 |
 *
 * Where no flag says it, the size follows from the machine, the young generation is a tenth at most, and the reported limit is taken.
 *
 * @param heapLimitBytes as V8 reports it
 */
export function oldSpaceLimitBytes(
  heapLimitBytes: number,
  { execArgv = process.execArgv, nodeOptions = process.env['NODE_OPTIONS'], memoryBytes }: OldSpaceFlags = {},
): number {
  // The command line comes after NODE_OPTIONS, and the last word counts; a percentage counts more than a size (Node 24.21).
  const words = [...(nodeOptions ?? '').split(/\s+/), ...execArgv]
  const last = (flag: RegExp) =>
    words.map((word) => Number(flag.exec(word)?.[1])).findLast((number) => number > 0)
  const percentage = last(percentageFlag)
  if (percentage !== undefined) {
    return Math.min(heapLimitBytes, ((memoryBytes ?? availableBytes()) * percentage) / 100)
  }
  const mebibytes = last(sizeFlag)
  return mebibytes === undefined ? heapLimitBytes : Math.min(heapLimitBytes, mebibytes * mebibyte)
}

/** What Node takes the percentage of: without a limit the constrained memory is 0 or more than there is. */
function availableBytes(): number {
  const constrainedBytes = process.constrainedMemory()
  return constrainedBytes > 0 ? Math.min(constrainedBytes, totalmem()) : totalmem()
}
