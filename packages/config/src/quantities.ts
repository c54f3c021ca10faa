const millisecondsPerUnit: ReadonlyMap<string, number> = new Map(
  Object.entries({ '': 1, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }),
)

// SI and IEC 80000-13; `Ki`, `Mi`, … without B as Kubernetes writes quantities of memory.
const bytesPerUnit: ReadonlyMap<string, number> = new Map(
  Object.entries({
    '': 1,
    B: 1,
    kB: 1e3,
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
    TB: 1e12,
    KiB: 2 ** 10,
    MiB: 2 ** 20,
    GiB: 2 ** 30,
    TiB: 2 ** 40,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
  }),
)

/**
 * Reads `250ms`, `5s`, `1.5m`, `2h` or a plain number of milliseconds.
 *
 * @returns whole milliseconds, or `undefined` when the text is none of these
 */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, millisecondsPerUnit)
}

/**
 * Reads `64KiB`, `10MB`, `512Mi` or a plain number of bytes.
 *
 * @returns whole bytes, or `undefined` when the text is none of these
 */
export function parseBytes(text: string): number | undefined {
  return parseQuantity(text, bytesPerUnit)
}

function parseQuantity(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text)
  if (match === null) return undefined
  const [, digits = '', unit = ''] = match
  const factor = units.get(unit)
  if (factor === undefined) return undefined
  const exact = Number(digits) * factor
  const whole = Math.round(exact)
  // 1.1 × 1000 is not exactly 1100 in binary; anything further away is a fraction that the unit cannot express.
  return Number.isSafeInteger(whole) && Math.abs(exact - whole) < 1e-6 * Math.max(1, whole)
    ? whole
    : undefined
}
