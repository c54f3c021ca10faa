/**
 * Makes the function that says whether the lines of a request are written: the same answer for one id everywhere, in
 * every line, process and service, so that a request has all of its lines or none.
 *
 * @param ratio share of requests, 0 to 1
 */
export function createSampling(ratio: number): (requestId: string) => boolean {
  const bound = ratio * 2 ** 32
  return (requestId) => hashOf(requestId) < bound
}

/** FNV-1a over UTF-16 units, its bits spread by the finalizer of MurmurHash3: ids that differ in one digit lie far apart. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
