import type { Clock } from '@keelson/core/clock'

const paddedMs: readonly string[] = Array.from({ length: 1000 }, (_, ms) => String(ms).padStart(3, '0'))

/**
 * Makes the function that gives the present time as it stands in a line, in seconds with three decimals:
 * `,"timestamp":1767225600.123`. The text of the second is kept until the next one begins.
 */
export function createTimeText(clock: Clock): () => string {
  let lastMs = Number.NaN
  let lastSecond = Number.NaN
  let secondText = ''
  let text = ''
  return () => {
    const ms = Math.trunc(clock.now())
    if (ms !== lastMs) {
      lastMs = ms
      const second = Math.floor(ms / 1000)
      if (second !== lastSecond) {
        lastSecond = second
        secondText = `,"timestamp":${second}.`
      }
      text = secondText + (paddedMs[ms - second * 1000] ?? '000')
    }
    return text
  }
}
