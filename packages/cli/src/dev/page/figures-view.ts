import type { SampleMessage } from '../messages.ts'
import { type ChartLine, drawChart, drawProbes, windowOf } from './charts.ts'
import { element } from './dom.ts'
import { bytes, duration, percent, rate } from './format.ts'
import type { ServiceModel } from './model.ts'

interface Figure {
  readonly title: string
  readonly lines: readonly ChartLine[]
  readonly least: number
  readonly limitOf?: (sample: SampleMessage) => number
  /** What stands above the chart: class of the key, text. */
  readonly shown: (sample: SampleMessage) => readonly (readonly [key: string, text: string])[]
}

const figures: readonly Figure[] = [
  {
    title: 'Requests',
    least: 1,
    lines: [
      { kind: 'a', valueOf: ({ requestsPerSecond }) => requestsPerSecond },
      { kind: 'e', valueOf: ({ requestsPerSecond, errorRatio }) => requestsPerSecond * errorRatio || null },
    ],
    shown: ({ requestsPerSecond, errorRatio, inFlight }) => [
      ['key-a', `${rate(requestsPerSecond)}/s`],
      [errorRatio > 0 ? 'key-e' : 'soft', `${percent(errorRatio)} errors`],
      ['soft', `${inFlight} in flight`],
    ],
  },
  {
    title: 'Latency',
    least: 10,
    lines: [
      { kind: 'b', valueOf: ({ p99Ms }) => p99Ms },
      { kind: 'a', valueOf: ({ p50Ms }) => p50Ms },
    ],
    shown: ({ p50Ms, p99Ms }) => [
      ['key-a', `p50 ${duration(p50Ms)}`],
      ['key-b', `p99 ${duration(p99Ms)}`],
    ],
  },
  {
    title: 'Event loop',
    least: 20,
    lines: [{ kind: 'a', valueOf: ({ lagMs }) => lagMs }],
    shown: ({ lagMs, utilization, cpu }) => [
      ['key-a', `p99 delay ${duration(lagMs)}`],
      ['soft', `${percent(utilization)} busy`],
      ['soft', `${cpu.toFixed(2)} cores`],
    ],
  },
  {
    title: 'Memory',
    least: 64 * 1_048_576,
    limitOf: ({ heapLimitBytes }) => heapLimitBytes,
    lines: [
      { kind: 'a', valueOf: ({ heapBytes }) => heapBytes },
      { kind: 'b', valueOf: ({ residentBytes }) => residentBytes },
    ],
    shown: ({ heapBytes, heapLimitBytes, residentBytes }) => [
      ['key-a', `old generation ${bytes(heapBytes)} of ${bytes(heapLimitBytes)}`],
      ['key-b', `resident ${bytes(residentBytes)}`],
    ],
  },
]

/** Draws the figures of a service. */
export function drawFigures({ samples, service }: ServiceModel): readonly HTMLElement[] {
  const sample = samples.at(-1)
  if (sample === undefined) {
    return [
      element('p', { class: 'soft', text: 'No metrics yet: they are read every two seconds once it is up.' }),
    ]
  }
  return figures.map(({ title, lines, least, limitOf, shown }) => {
    const now = shown(sample)
    const label = `${title} of ${service.name}, last minutes; now ${now.map(([, text]) => text).join(', ')}`
    const limit = limitOf?.(sample)
    return element('div', { class: 'chart' }, [
      element('div', { class: 'figures' }, [element('h3', { text: title })]),
      element(
        'div',
        { class: 'figures' },
        now.map(([key, text]) => element('span', { class: key, text })),
      ),
      drawChart(samples, {
        className: 'plot',
        label,
        lines,
        least,
        ...(limit === undefined ? {} : { limit }),
      }),
    ])
  })
}

/** Draws the timeline of the probes. */
export function drawTimeline({ probes, service }: ServiceModel): HTMLElement {
  const rows = (['readiness', 'liveness'] as const).flatMap((which) => [
    element('span', { text: which }),
    drawProbes(
      probes,
      which,
      `${which} of ${service.name}, last minutes; now ${words[probes.at(-1)?.[which] ?? 'g']}`,
    ),
  ])
  return element('div', { class: 'timeline' }, [
    ...rows,
    element('div', { class: 'axis' }, [
      element('span', { text: `${Math.round(windowOf(probes) / 60_000)} min ago` }),
      legend(),
      element('span', { text: 'now' }),
    ]),
  ])
}

const words = { u: 'up', d: 'down', g: 'no answer' } as const

/** What the colours of probes mean. */
export function legend(): HTMLElement {
  return element(
    'div',
    { class: 'legend' },
    (['u', 'd', 'g'] as const).map((mark) =>
      element('span', {}, [element('i', { class: mark }), document.createTextNode(words[mark])]),
    ),
  )
}
