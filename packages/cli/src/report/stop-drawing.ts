import { showDuration } from '../duration.ts'
import type { ProbeSample, StopEvidence } from '../verify/evidence.ts'
import { escapeXml } from './xml-text.ts'

const WIDTH = 900
const LEFT = 110
const ROW = 34
/** The load runs that long before the signal. */
const LEAD_MS = 350

/** Draws the stop: the load with what was lost, the probes, signal and exit, on one axis of time. */
export function drawStop({ load, readiness, liveness, exit }: StopEvidence): string {
  const lastMs = Math.max(
    500,
    exit?.atMs ?? 0,
    ...load.answered.map(({ atMs }) => atMs),
    ...load.lost.map(({ atMs }) => atMs),
    ...readiness.slice(-1).map(({ atMs }) => atMs),
  )
  const x = (atMs: number) =>
    (LEFT + ((atMs + LEAD_MS) / (lastMs + LEAD_MS)) * (WIDTH - LEFT - 20)).toFixed(1)
  const most = Math.max(1, ...load.answered.map(({ count }) => count))
  const rows = [
    label(0, 'answered'),
    ...load.answered.map(({ atMs, count }) => {
      const height = Math.max(2, (count / most) * (ROW - 8))
      return `<rect class="answered" x="${x(atMs)}" y="${(ROW - 4 - height).toFixed(1)}" width="4" height="${height.toFixed(1)}"/>`
    }),
    label(1, 'lost'),
    ...load.lost.map(
      ({ atMs, what }) =>
        `<rect class="lost" x="${x(atMs)}" y="${ROW + 6}" width="3" height="${ROW - 12}"><title>${escapeXml(`${showDuration(Math.max(0, atMs))}: ${what}`)}</title></rect>`,
    ),
    label(2, 'readiness'),
    ...readiness.map((sample) => probeMark(sample, 2, x)),
    label(3, 'liveness'),
    ...liveness.map((sample) => probeMark(sample, 3, x)),
    mark(x(0), 'SIGTERM'),
    ...(exit === undefined ? [] : [mark(x(exit.atMs), `exit ${exit.signal ?? exit.code}`)]),
    ...ticks(lastMs, x),
  ]
  const height = ROW * 4 + 44
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="The stop, over time">\n${rows.join('\n')}\n</svg>`
}

function label(row: number, text: string): string {
  return `<text x="4" y="${row * ROW + 22}">${text}</text>`
}

function probeMark({ atMs, result }: ProbeSample, row: number, x: (atMs: number) => string): string {
  const kind = result.kind === 'failure' ? 'gone' : result.status === 200 ? 'up' : 'down'
  return `<rect class="${kind}" x="${x(atMs)}" y="${row * ROW + 10}" width="4" height="${ROW - 18}"/>`
}

function mark(at: string, text: string): string {
  return `<line x1="${at}" y1="0" x2="${at}" y2="${ROW * 4 + 8}"/><text x="${at}" y="${ROW * 4 + 20}">${escapeXml(text)}</text>`
}

function ticks(lastMs: number, x: (atMs: number) => string): readonly string[] {
  const stepMs = [100, 250, 500, 1000, 2000, 5000, 10_000].find((step) => lastMs / step <= 12) ?? 30_000
  return Array.from({ length: Math.floor(lastMs / stepMs) }, (_unused, index) => (index + 1) * stepMs).map(
    (atMs) => `<text class="tick" x="${x(atMs)}" y="${ROW * 4 + 38}">${showDuration(atMs)}</text>`,
  )
}
