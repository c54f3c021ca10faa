const factors: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

/** Reads a quantity of memory: `512Mi`, `1G`, a number of bytes. `undefined` when it is none. */
export function parseMemory(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)([kMGT]i?|Ki|)$/.exec(value) : null
  const factor = factors[match?.[2] ?? 'none']
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor
}
