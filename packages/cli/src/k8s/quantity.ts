const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/**
 * Reads a quantity of Kubernetes: `512Mi`, `1G`, `128e6`, `250m`, a number.
 *
 * @returns the number of bytes or cores; `undefined` when it is none
 */
export function parseQuantity(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const match =
    typeof value === 'string'
      ? /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([KMGTPE]i|[numkMGTPE])|([eE][+-]?\d+))?$/.exec(value)
      : null
  const factor = factors[match?.[2] ?? '']
  return match === null || factor === undefined ? undefined : Number(`${match[1]}${match[3] ?? ''}`) * factor
}
