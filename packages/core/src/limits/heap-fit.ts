const mebibyte = 1_048_576

// The rest is for the young generation, buffers, code and the process itself. With 60 to 70 % a leak ended in V8's abort
// on Node 22, 24 and 26; at 75 % Node 26 reached the limit of the container (256 MiB, facts: delivery §3.3).
const SMALL_CONTAINER_BYTES = 256 * mebibyte
const SMALL_SHARE = 0.6
const SHARE = 0.7

// `--max-old-space-size` leaves the young generation out, the limit that V8 reports has it: 75 % and 79 % were measured
// for a heap fitted at 70 %. Beyond this share the kernel is likely to be faster than V8.
const HEAP_SHARE_AT_MOST = 0.8

/**
 * Old generation that fits a container, for `--max-old-space-size`.
 *
 * @param containerLimitBytes where the kernel kills
 * @returns MiB, at least 1: 60 % of the container below 256 MiB, else 70 %
 */
export function fitHeapMegabytes(containerLimitBytes: number): number {
  const share = containerLimitBytes < SMALL_CONTAINER_BYTES ? SMALL_SHARE : SHARE
  return Math.max(1, Math.floor((containerLimitBytes * share) / mebibyte))
}

/**
 * Threads of libuv's pool for a quota: DNS, files, compression and cryptography share them. Four for each core, from
 * libuv's default of 4 to 16.
 *
 * @param limitCores quota in cores
 */
export function fitThreadPool(limitCores: number): number {
  return Math.min(16, Math.max(4, 4 * Math.ceil(limitCores)))
}

/**
 * Says what to do when the heap may grow to more than the container holds: it would be killed without a word. The kernel
 * counts both generations, so the limit that V8 reports is held against the container, not the one at which V8 gives up:
 * with an old generation of 153 MiB and a young one of 192 in 256 MiB a leak ended by SIGKILL (Node 24.21).
 *
 * @param heapLimitBytes as V8 reports it, both generations
 * @param containerLimitBytes where the kernel kills
 * @param oldSpaceBytes what the old generation may grow to ({@link oldSpaceLimitBytes}): says which generation is to be
 * made smaller
 * @returns one warning with the flag to set, or `undefined` when the heap fits or the container has no limit
 */
export function heapWarning(
  heapLimitBytes: number,
  containerLimitBytes: number | undefined,
  oldSpaceBytes: number = heapLimitBytes,
): string | undefined {
  if (containerLimitBytes === undefined || heapLimitBytes <= containerLimitBytes * HEAP_SHARE_AT_MOST) {
    return undefined
  }
  const fitted = fitHeapMegabytes(containerLimitBytes)
  const [heap, container, young] = [heapLimitBytes, containerLimitBytes, heapLimitBytes - oldSpaceBytes].map(
    (bytes) => Math.round(bytes / mebibyte),
  )
  const [share, remedy] =
    oldSpaceBytes <= fitted * mebibyte
      ? [
          `, ${young} MiB of it in the young generation,`,
          `Its old generation fits: start it with --max-semi-space-size=${semiSpaceMegabytes(containerLimitBytes * HEAP_SHARE_AT_MOST - oldSpaceBytes)}.`,
        ]
      : ['', `Start it with keelson-start, or with --max-old-space-size=${fitted}.`]
  return `The heap may grow to ${heap} MiB${share} and the container ends at ${container} MiB: the kernel would kill the process without a line. ${remedy}`
}

/** V8 makes a power of two of it, and the young generation three of them. */
function semiSpaceMegabytes(youngBytes: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(youngBytes / mebibyte / 3)))
}
