/**
 * Makes a source of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32), so that a run can be repeated.
 *
 * @param seed a whole number
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The seeds of every run that has some. */
export const seeds: readonly number[] = [1, 2, 3]
