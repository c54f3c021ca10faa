/** A share of answers that are slow, at the same capacity on the whole. */
export interface Tail {
  /** One answer in so many is slow. */
  readonly oneIn: number
}

/** What a slow answer takes, as a multiple of the mean. */
const slowness = 5.8

/**
 * Decides how long an answer takes, as a multiple of the mean: the same for the same attempt in each run, so that two ways to call
 * have the same luck.
 *
 * @param call number of the call
 * @param retry 0 for its first attempt, 1 for the next
 */
export function slownessOf({ oneIn }: Tail, call: number, retry: number): number {
  return isSlow({ oneIn }, call, retry) ? slowness : (oneIn - slowness) / (oneIn - 1)
}

/** Whether an attempt has a slow answer. */
export function isSlow({ oneIn }: Tail, call: number, retry: number): boolean {
  let mixed = Math.imul(2 * call + retry + 1, 0x9e_37_79_b1)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85_eb_ca_6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2_b2_ae_35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32 < 1 / oneIn
}
