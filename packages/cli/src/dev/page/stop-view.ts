import type { ProbeMark, StopLook, StopMessage } from '../messages.ts'
import { drawn, element } from './dom.ts'
import { legend } from './figures-view.ts'
import { clockTime, duration } from './format.ts'

const WIDTH = 1_000
/** A stop that takes less than this, in milliseconds, is drawn as if it took as long. */
const LEAST_MS = 20
/** Narrowest mark, of {@link WIDTH}: what was seen after the end has no time of its own, and is still to be seen. */
const LEAST_WIDTH = 4

const rows: readonly (readonly [label: string, markOf: (look: StopLook) => ProbeMark])[] = [
  ['readiness', ({ readiness }) => readiness],
  ['liveness', ({ liveness }) => liveness],
  ['new connections', ({ accepts }) => (accepts ? 'u' : 'g')],
]

/** Draws how a service stopped: what its probes said, whether it took connections, what it said, how it ended. */
export function drawStopTrace(stop: StopMessage): readonly HTMLElement[] {
  const { looks, lines, end, graceMs, startedAtMs } = stop
  const lastMs = Math.max(LEAST_MS, end?.atMs ?? 0, looks.at(-1)?.atMs ?? 0)
  const x = (atMs: number): number => Math.min(WIDTH, (atMs / lastMs) * WIDTH)
  const outcome = end === null ? 'still under way' : `${end.text} after ${duration(end.atMs)}`
  const said = lines.map(({ atMs }) => drawn('line', { x1: x(atMs), x2: x(atMs), y1: 0, y2: 10 }))
  const verdict =
    end === null ? `stopping; it has ${duration(graceMs)}` : `${outcome} of ${duration(graceMs)}`
  const state = end === null ? 'warn' : end.isClean ? 'good' : 'bad'
  return [
    element('p', { class: state, text: `${clockTime(startedAtMs)}  ${verdict}` }),
    element(
      'div',
      {
        class: 'timeline stop-drawing',
        attributes: { role: 'img', 'aria-label': `The stop over time: ${outcome}` },
      },
      [
        ...rows.flatMap(([label, markOf]) => [
          element('span', { text: label }),
          strip('strip', marksOf(looks, markOf, end?.atMs ?? lastMs, x)),
        ]),
        element('span', { class: 'soft', text: 'lines' }),
        strip('said', said),
        element('div', { class: 'axis' }, [
          element('span', { text: 'SIGTERM' }),
          element('b', { text: end === null ? '' : outcome }),
        ]),
      ],
    ),
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

/** One rectangle for looks in a row that saw the same. */
function marksOf(
  looks: readonly StopLook[],
  markOf: (look: StopLook) => ProbeMark,
  endMs: number,
  x: (atMs: number) => number,
): readonly SVGElement[] {
  const runs: { readonly mark: ProbeMark; readonly fromMs: number }[] = []
  for (const look of looks) {
    const mark = markOf(look)
    if (runs.at(-1)?.mark !== mark) runs.push({ mark, fromMs: look.atMs })
  }
  return runs.map(({ mark, fromMs }, index) => {
    const from = Math.min(x(fromMs), WIDTH - LEAST_WIDTH)
    const width = Math.max(LEAST_WIDTH, x(runs[index + 1]?.fromMs ?? endMs) - from)
    const place = { x: from.toFixed(1), y: 0, width: width.toFixed(1), height: 10 }
    return drawn('rect', { class: `mark-${mark}`, ...place })
  })
}

function strip(className: string, children: readonly SVGElement[]): SVGSVGElement {
  const attributes = { viewBox: `0 0 ${WIDTH} 10`, preserveAspectRatio: 'none' }
  return drawn('svg', { ...attributes, class: className }, children)
}
