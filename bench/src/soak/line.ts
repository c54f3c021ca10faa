/** A straight line through points, and how sure its slope is. */
export interface FittedLine {
  /** Rise of y for one unit of x. */
  readonly slope: number
  /** Half the width of the 95 % interval of the slope: two standard errors. */
  readonly slopeError: number
}

/** One measurement. */
export interface Point {
  readonly x: number
  readonly y: number
}

/**
 * Fits a line by least squares.
 *
 * @throws RangeError with fewer than three points: two say nothing about the error
 */
export function fitLine(points: readonly Point[]): FittedLine {
  if (points.length < 3) throw new RangeError(`${points.length} points do not make a line with an error.`)
  const meanX = meanOf(points.map(({ x }) => x))
  const meanY = meanOf(points.map(({ y }) => y))
  const spreadX = sumOf(points.map(({ x }) => (x - meanX) ** 2))
  const slope = sumOf(points.map(({ x, y }) => (x - meanX) * (y - meanY))) / spreadX
  const residual = sumOf(points.map(({ x, y }) => (y - meanY - slope * (x - meanX)) ** 2))
  return { slope, slopeError: 2 * Math.sqrt(residual / (points.length - 2) / spreadX) }
}

function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
