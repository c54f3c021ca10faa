import { describe, expect, it } from 'vitest'
import { createLeakDetector } from './leak-detector.ts'

const mebibyte = 1_048_576
const minuteMs = 60_000

/** Noise from 0 up to 1, the same in every run (Lehmer's generator). */
function createNoise(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

interface Life {
  /** Live memory at a time, in bytes. */
  readonly floor: (minutes: number) => number
  readonly collectionsPerMinute?: number
  readonly noiseBytes?: number
  readonly minutes: number
  readonly seed?: number
}

/** Runs a life by the compressed clock, and calls back after every collection. */
function live(
  { floor, collectionsPerMinute = 6, noiseBytes = mebibyte, minutes, seed = 1 }: Life,
  see: (minutes: number, detector: ReturnType<typeof createLeakDetector>) => void = () => {},
) {
  const detector = createLeakDetector()
  const noise = createNoise(seed)
  for (let count = 0; count < minutes * collectionsPerMinute; count++) {
    const at = count / collectionsPerMinute
    detector.observe(at * minuteMs, floor(at) + noise() * noiseBytes)
    see(at, detector)
  }
  return detector
}

describe('createLeakDetector', () => {
  it('finds 1 MB a minute long before 60 % of the limit, with the rate within 30 %', () => {
    const limitBytes = 150 * mebibyte
    const rate = 1_000_000
    for (let seed = 1; seed <= 5; seed++) {
      let foundAt: number | undefined
      const floor = (minutes: number) => 30 * mebibyte + rate * minutes
      live({ floor, minutes: 70, seed, noiseBytes: 2 * mebibyte }, (minutes, { estimate }) => {
        if (estimate.verdict !== 'growing') return
        foundAt ??= minutes
        const leftMinutes = (limitBytes - estimate.floorBytes) / estimate.bytesPerMinute
        const truth = (limitBytes - floor(minutes)) / rate
        expect(leftMinutes / truth).toBeGreaterThan(0.7)
        expect(leftMinutes / truth).toBeLessThan(1.3)
      })
      expect(foundAt, `seed ${seed}`).toBeDefined()
      expect(floor(foundAt ?? Infinity)).toBeLessThan(limitBytes * 0.6)
    }
  })

  it.each([
    { what: 'a steady sawtooth of the collector', floor: () => 40 * mebibyte, noiseBytes: 15 * mebibyte },
    {
      what: 'a cache that is filled and emptied every 5 minutes',
      floor: (at: number) => (30 + (at % 5) * 8) * mebibyte,
    },
    {
      what: 'a cache that is filled and emptied every 7 minutes',
      floor: (at: number) => (30 + (at % 7) * 8) * mebibyte,
    },
    {
      what: 'a start that fills its caches and is done',
      floor: (at: number) => (30 + 40 * (1 - Math.exp(-at / 3))) * mebibyte,
    },
    { what: 'load that comes and goes', floor: (at: number) => (50 + 20 * Math.sin(at / 3)) * mebibyte },
    {
      what: 'a rise too small to matter, however steady',
      floor: (at: number) => 40 * mebibyte + at * 10_000,
      noiseBytes: 0,
    },
  ])('never calls $what growing', (life) => {
    for (let seed = 1; seed <= 5; seed++) {
      live({ minutes: 90, seed, ...life }, (_minutes, { estimate }) => {
        expect(estimate.verdict, `seed ${seed}`).not.toBe('growing')
      })
    }
  })

  it('knows nothing before ten windows with a major collection, then says flat', () => {
    const verdicts = new Set<string>()
    const detector = live({ floor: () => 40 * mebibyte, minutes: 9.9 }, (_at, { estimate }) =>
      verdicts.add(estimate.verdict),
    )
    expect([...verdicts]).toEqual(['unknown'])
    for (let minute = 10; minute < 20; minute++) detector.observe(minute * minuteMs, 40 * mebibyte)
    expect(detector.estimate.verdict).toBe('flat')
  })

  it('passes windows without a collection over: rare collections need more time, not more windows', () => {
    const { estimate } = live({
      floor: (at) => (30 + at) * mebibyte,
      collectionsPerMinute: 0.2,
      minutes: 60,
    })
    expect(estimate.verdict).toBe('growing')
  })

  it('takes the lowest floor of a window for its value', () => {
    const detector = createLeakDetector()
    for (const [atMs, bytes] of [
      [0, 50],
      [10, 40],
      [20, 60],
      [minuteMs, 70],
    ] as const) {
      detector.observe(atMs, bytes)
    }
    expect(detector.estimate.floorBytes).toBe(40)
  })

  it('takes growth back once it has ended', () => {
    const verdicts: string[] = []
    live(
      { floor: (at) => (30 + Math.min(at, 20) * 2) * mebibyte, minutes: 60, noiseBytes: mebibyte },
      (_at, { estimate }) => {
        if (verdicts.at(-1) !== estimate.verdict) verdicts.push(estimate.verdict)
      },
    )
    expect(verdicts).toEqual(['unknown', 'growing', 'flat'])
  })

  it('keeps its mind through a single odd window', () => {
    const detector = createLeakDetector()
    const verdicts = new Set<string>()
    for (let minute = 0; minute < 40; minute++) {
      const odd = minute === 25 ? 27 * mebibyte : 0
      detector.observe(minute * minuteMs, (30 + minute * 2) * mebibyte - odd)
      if (minute > 12) verdicts.add(detector.estimate.verdict)
    }
    expect([...verdicts]).toEqual(['growing'])
  })
})
