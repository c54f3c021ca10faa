/** How a {@link LeakDetector} looks. */
export interface LeakDetectorOptions {
  /**
   * Length of a window, in milliseconds. The lowest floor of a window is its value; a window without a major collection
   * has none and is passed over.
   *
   * @range above 0
   * @defaultValue 60000
   */
  readonly windowMs?: number
}

/** Default of {@link LeakDetectorOptions}. */
export const leakDetectorDefaults: { readonly windowMs: number } = Object.freeze({ windowMs: 60_000 })

/** What is thought of the heap. `unknown` until there were enough major collections. */
export type LeakVerdict = 'unknown' | 'flat' | 'growing'

/** A verdict with its figures. */
export interface LeakEstimate {
  readonly verdict: LeakVerdict
  /** Growth of the floor, in bytes a minute; 0 unless it is growing. */
  readonly bytesPerMinute: number
  /** Floor of the last full window, in bytes; 0 before the first. */
  readonly floorBytes: number
}

/** Tells a heap that grows from one that only goes up and down. */
export interface LeakDetector {
  /**
   * Takes the size of the old generation right after a major collection.
   *
   * @param atMs monotonic milliseconds, never less than before
   */
  observe(atMs: number, floorBytes: number): void
  readonly estimate: LeakEstimate
}

// Ten values in chance order have the trend asked for below once in 5,600 permutations.
const MINIMUM_WINDOWS = 10
const MAXIMUM_WINDOWS = 16
// Share of all pairs of windows in which the later one is the higher, less the share of the opposite (Kendall's tau).
const TREND_AT_LEAST = 0.8
// A rise smaller than this is noise of caches and compiled code.
const RISE_AT_LEAST_BYTES = 4 * 1_048_576
const RISE_AT_LEAST_SHARE = 0.05
// A start that fills caches rises fast, then slowly: the later half must go on at this share of the earlier.
const STEADY_SHARE = 0.6
// Windows in a row without a trend before growth counts as over: a single odd one hides the trend for three.
const QUIET_WINDOWS = 4

interface Point {
  readonly atMs: number
  readonly bytes: number
}

/** Makes a detector; it costs nothing until it is given a floor. */
export function createLeakDetector(options: LeakDetectorOptions = {}): LeakDetector {
  const { windowMs } = { ...leakDetectorDefaults, ...options }
  const windows: Point[] = []
  let open: (Point & { readonly number: number }) | undefined
  let quietCount = 0
  let estimate: LeakEstimate = { verdict: 'unknown', bytesPerMinute: 0, floorBytes: 0 }

  function conclude(window: Point): void {
    windows.push(window)
    if (windows.length > MAXIMUM_WINDOWS) windows.shift()
    const bytesPerMs = windows.length < MINIMUM_WINDOWS ? undefined : growthOf(windows)
    if (bytesPerMs !== undefined) {
      quietCount = 0
      estimate = { verdict: 'growing', bytesPerMinute: bytesPerMs * 60_000, floorBytes: window.bytes }
      return
    }
    quietCount++
    if (estimate.verdict === 'growing' && quietCount < QUIET_WINDOWS) {
      estimate = { ...estimate, floorBytes: window.bytes }
    } else {
      const verdict = windows.length < MINIMUM_WINDOWS ? 'unknown' : 'flat'
      estimate = { verdict, bytesPerMinute: 0, floorBytes: window.bytes }
    }
  }

  return {
    observe(atMs, bytes) {
      const number = Math.floor(atMs / windowMs)
      if (open !== undefined && open.number !== number) {
        conclude(open)
        open = undefined
      }
      if (open === undefined || bytes < open.bytes) open = { atMs, bytes, number }
    },
    get estimate() {
      return estimate
    },
  }
}

/** Growth in bytes a millisecond, or `undefined` when there is no steady trend upwards. */
function growthOf(windows: readonly Point[]): number | undefined {
  const [first] = windows
  const last = windows.at(-1)
  if (first === undefined || last === undefined) return undefined
  const slopes = pairSlopes(windows)
  const trend = slopes.reduce((sum, slope) => sum + Math.sign(slope), 0) / slopes.length
  const slope = median(slopes)
  const rise = slope * (last.atMs - first.atMs)
  const middle = Math.floor(windows.length / 2)
  const [earlierSlope = 0, laterSlope = 0] = [windows.slice(0, middle), windows.slice(-middle)].map((half) =>
    median(pairSlopes(half)),
  )
  const growing =
    trend >= TREND_AT_LEAST &&
    rise >= Math.max(RISE_AT_LEAST_BYTES, first.bytes * RISE_AT_LEAST_SHARE) &&
    laterSlope >= earlierSlope * STEADY_SHARE
  return growing ? slope : undefined
}

/** Slopes between all pairs; their median (Theil and Sen) is not moved by a few odd windows. */
function pairSlopes(points: readonly Point[]): readonly number[] {
  return points.flatMap((from, index) =>
    points.slice(index + 1).map((to) => (to.bytes - from.bytes) / (to.atMs - from.atMs)),
  )
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return (low + high) / 2
}
