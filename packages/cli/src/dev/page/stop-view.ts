import type { StopMessage } from '../messages.ts'
import { drawn, element } from './dom.ts'
import { clockTime, duration } from './format.ts'
import { legend } from './figures-view.ts'

const WIDTH = 760
const LEFT = 120
const ROW = 26
const rows = ['readiness', 'liveness', 'new connections'] as const
/** A stop that takes less than this, in milliseconds, is drawn as if it took as long. */
const LEAST_MS = 20

/** Draws how a service stopped: what its probes said, whether it took connections, what it said, how it ended. */
export function drawStopTrace(stop: StopMessage): readonly HTMLElement[] {
  const { looks, lines, end, graceMs, startedAtMs } = stop
  const lastMs = Math.max(LEAST_MS, end?.atMs ?? 0, looks.at(-1)?.atMs ?? 0)
  const x = (atMs: number): number => LEFT + (atMs / lastMs) * (WIDTH - LEFT - 70)
  const bars = rows.flatMap((row, index) => {
    const y = index * ROW + 6
    const spans = looks.map((look, at) => {
      const mark = row === 'new connections' ? (look.accepts ? 'u' : 'g') : look[row]
      const toMs = looks[at + 1]?.atMs ?? end?.atMs ?? lastMs
      const width = Math.max(1.5, x(toMs) - x(look.atMs))
      return drawn('rect', {
        class: `mark-${mark}`,
        x: x(look.atMs).toFixed(1),
        y,
        width: width.toFixed(1),
        height: ROW - 10,
      })
    })
    return [drawn('text', { class: 'strong', x: 0, y: y + 12 }, [row]), ...spans]
  })
  const bottom = rows.length * ROW + 8
  const marks = [
    drawn('line', { class: 'now', x1: x(0), x2: x(0), y1: 0, y2: bottom }),
    drawn('text', { x: x(0), y: bottom + 14 }, ['SIGTERM']),
    ...(end === null
      ? []
      : [
          drawn('line', { class: 'now', x1: x(end.atMs), x2: x(end.atMs), y1: 0, y2: bottom }),
          drawn('text', { class: 'strong', x: x(end.atMs), y: bottom + 14, 'text-anchor': 'end' }, [
            `${end.text} after ${duration(end.atMs)}`,
          ]),
        ]),
  ]
  const said = lines.map(({ atMs }) =>
    drawn('line', { class: 'now', x1: x(atMs), x2: x(atMs), y1: bottom - 6, y2: bottom }),
  )
  const label = `The stop over time: ${end === null ? 'still under way' : `${end.text} after ${duration(end.atMs)}`}`
  const verdict =
    end === null
      ? `stopping; it has ${duration(graceMs)}`
      : `${end.text} after ${duration(end.atMs)} of ${duration(graceMs)}`
  return [
    element('p', {
      class: end === null ? 'warn' : end.isClean ? 'good' : 'bad',
      text: `${clockTime(startedAtMs)}  ${verdict}`,
    }),
    element('div', {}, [
      drawnBlock(
        drawn(
          'svg',
          { class: 'stop-drawing', viewBox: `0 0 ${WIDTH} ${bottom + 20}`, role: 'img', 'aria-label': label },
          [...bars, ...said, ...marks],
        ),
      ),
    ]),
    legend(),
    element(
      'ol',
      { class: 'stop-lines' },
      lines.map(({ atMs, text }) =>
        element('li', {}, [
          element('span', { class: 'soft', text: `+${duration(atMs)}` }),
          element('span', { text }),
        ]),
      ),
    ),
  ]
}

function drawnBlock(svg: SVGSVGElement): HTMLElement {
  return element('div', {}, [svg])
}
