import type { ProbeMark, ProbeMessage, SampleMessage } from '../messages.ts'
import { drawn } from './dom.ts'

/** What charts and timelines reach back, in milliseconds: as far as there is something to show, within these. */
const LEAST_WINDOW_MS = 60_000
const MOST_WINDOW_MS = 300_000
const WIDTH = 300
/** A longer time between two samples is a gap: nobody knows what was in between. */
const GAP_MS = 7_000

/** One line of a chart. */
export interface ChartLine {
  /** `a` and `b` are two series of the same unit, `e` is errors. */
  readonly kind: 'a' | 'b' | 'e'
  readonly valueOf: (sample: SampleMessage) => number | null
}

/** What a chart shows. */
export interface ChartOptions {
  /** For readers of the screen: what is drawn, and its present value. */
  readonly label: string
  readonly lines: readonly ChartLine[]
  /** Top of the chart unless a value is higher. */
  readonly least: number
  /** A value that is drawn across. */
  readonly limit?: number
  readonly className: 'plot' | 'spark'
}

/** How far charts and timelines of these values reach back, in milliseconds. */
export function windowOf(values: readonly { readonly atMs: number }[]): number {
  const reachMs = (values.at(-1)?.atMs ?? 0) - (values[0]?.atMs ?? 0)
  return Math.min(MOST_WINDOW_MS, Math.max(LEAST_WINDOW_MS, reachMs))
}

/** Draws samples of the last minutes; the first line's area is filled. */
export function drawChart(samples: readonly SampleMessage[], options: ChartOptions): SVGSVGElement {
  const { label, lines, least, limit, className } = options
  const height = className === 'plot' ? 72 : 26
  const nowMs = samples.at(-1)?.atMs ?? Date.now()
  const values = lines.flatMap(({ valueOf }) => samples.map((sample) => valueOf(sample) ?? 0))
  const highest = Math.max(least, ...values)
  const windowMs = windowOf(samples)
  const x = (atMs: number): number => WIDTH - ((nowMs - atMs) / windowMs) * WIDTH
  const y = (value: number): number => height - 1 - (value / highest) * (height - 4)
  const parts: Node[] = [
    drawn('line', { class: 'base', x1: 0, x2: WIDTH, y1: height - 0.5, y2: height - 0.5 }),
  ]
  for (const [index, { kind, valueOf }] of lines.entries()) {
    for (const run of runsOf(samples, valueOf)) {
      const points = run.map(([atMs, value]) => `${x(atMs).toFixed(1)} ${y(value).toFixed(1)}`)
      const from = x(run[0]?.[0] ?? nowMs).toFixed(1)
      const to = x(run.at(-1)?.[0] ?? nowMs).toFixed(1)
      if (index === 0 && run.length > 1) {
        parts.push(
          drawn('path', { class: 'area', d: `M${from} ${height}L${points.join('L')}L${to} ${height}Z` }),
        )
      }
      // A single sample is a short stroke, or nothing would be seen of it.
      const path = run.length > 1 ? `M${points.join('L')}` : `M${points[0]}h-2`
      parts.push(drawn('path', { class: `line-${kind}`, d: path }))
    }
  }
  if (limit !== undefined && limit <= highest) {
    parts.push(drawn('line', { class: 'limit', x1: 0, x2: WIDTH, y1: y(limit), y2: y(limit) }))
  }
  const attributes = { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: 'none', role: 'img' }
  return drawn('svg', { ...attributes, class: className, 'aria-label': label }, parts)
}

/** Draws one probe over the last minutes. */
export function drawProbes(
  probes: readonly ProbeMessage[],
  which: 'liveness' | 'readiness',
  label: string,
): SVGSVGElement {
  const nowMs = probes.at(-1)?.atMs ?? Date.now()
  const windowMs = windowOf(probes)
  const x = (atMs: number): number => Math.max(0, WIDTH - ((nowMs - atMs) / windowMs) * WIDTH)
  const runs: { mark: ProbeMark; fromMs: number; toMs: number }[] = []
  for (const probe of probes) {
    const last = runs.at(-1)
    if (last !== undefined) last.toMs = probe.atMs
    if (last?.mark !== probe[which]) runs.push({ mark: probe[which], fromMs: probe.atMs, toMs: probe.atMs })
  }
  const parts = runs.map(({ mark, fromMs, toMs }) => {
    const width = Math.max(1, x(toMs) - x(fromMs))
    return drawn('rect', {
      class: `mark-${mark}`,
      x: x(fromMs).toFixed(1),
      y: 0,
      width: width.toFixed(1),
      height: 10,
    })
  })
  const attributes = { viewBox: `0 0 ${WIDTH} 10`, preserveAspectRatio: 'none', role: 'img' }
  return drawn('svg', { ...attributes, class: 'strip', 'aria-label': label }, parts)
}

/** Values without gaps, each with its time. */
function runsOf(
  samples: readonly SampleMessage[],
  valueOf: ChartLine['valueOf'],
): readonly (readonly (readonly [atMs: number, value: number])[])[] {
  const runs: [number, number][][] = []
  let beforeMs = Number.NEGATIVE_INFINITY
  for (const sample of samples) {
    const value = valueOf(sample)
    if (value === null) continue
    if (sample.atMs - beforeMs > GAP_MS) runs.push([])
    runs.at(-1)?.push([sample.atMs, value])
    beforeMs = sample.atMs
  }
  return runs
}
