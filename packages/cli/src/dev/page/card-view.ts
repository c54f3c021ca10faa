import type { SampleMessage } from '../messages.ts'
import { drawChart, drawProbes } from './charts.ts'
import { button, element, setText } from './dom.ts'
import { bytes, duration, percent, rate } from './format.ts'
import type { Change, ServiceModel } from './model.ts'

/** The card of one service in the list of all. */
export interface CardView {
  readonly root: HTMLElement
  update(changes: ReadonlySet<Change>): void
  setChosen(isChosen: boolean): void
}

/** Makes a card. */
export function createCardView(model: ServiceModel, onChoose: () => void): CardView {
  const phase = element('span', { class: 'phase' })
  const requests = numberView('requests/s')
  const errors = numberView('errors')
  const latency = numberView('p99')
  const heap = element('span', { class: 'soft mono heap' })
  const spark = element('div')
  const probes = element('div')
  const { service, colour } = model
  const root = element('article', { class: 'card', attributes: { 'data-service': service.name } }, [
    element('div', { class: 'head' }, [
      element('span', { class: 'dot', attributes: { 'aria-hidden': 'true' } }),
      button(service.name, onChoose, { class: `plain ${colour}` }),
      phase,
    ]),
    element('a', {
      text: service.url,
      attributes: { href: service.url, target: '_blank', rel: 'noreferrer noopener' },
    }),
    element('div', { class: 'numbers' }, [requests.root, errors.root, latency.root]),
    spark,
    probes,
    heap,
  ])
  const classesOf = (isChosen: boolean): string =>
    `card phase-${model.service.phase}${isChosen ? ' chosen' : ''}`
  let chosen = false

  const showSample = (sample: SampleMessage | undefined): void => {
    const isLive = sample !== undefined && model.service.pid !== null
    requests.set(isLive ? rate(sample.requestsPerSecond) : '–')
    errors.set(isLive ? percent(sample.errorRatio) : '–', isLive && sample.errorRatio > 0)
    latency.set(isLive ? duration(sample.p99Ms) : '–')
    setText(heap, isLive ? `heap ${bytes(sample.heapBytes)} of ${bytes(sample.heapLimitBytes)}` : '')
    spark.replaceChildren(
      drawChart(model.samples, {
        className: 'spark',
        label: `Requests a second of ${model.service.name}, last minutes`,
        least: 1,
        lines: [
          { kind: 'a', valueOf: ({ requestsPerSecond }) => requestsPerSecond },
          {
            kind: 'e',
            valueOf: ({ requestsPerSecond, errorRatio }) => requestsPerSecond * errorRatio || null,
          },
        ],
      }),
    )
  }

  return {
    root,
    update(changes) {
      if (changes.has('service')) {
        root.className = classesOf(chosen)
        setText(phase, phaseText(model))
      }
      if (changes.has('samples') || changes.has('service')) showSample(model.samples.at(-1))
      if (changes.has('probes')) {
        probes.replaceChildren(
          drawProbes(model.probes, 'readiness', `Readiness of ${model.service.name}, last minutes`),
        )
      }
    },
    setChosen(isChosen) {
      chosen = isChosen
      root.className = classesOf(isChosen)
    },
  }
}

/** What a service is doing, with how it ended where that is the news. */
export function phaseText({ service: { phase, lastEnd, starts } }: ServiceModel): string {
  if (phase === 'crashed') return `ended: ${lastEnd ?? 'unknown'}; waits for a change`
  if (phase === 'waiting') return `ended: ${lastEnd ?? 'unknown'}; starts again soon`
  return phase === 'up' && starts > 1 ? `up, start ${starts}` : phase
}

interface NumberView {
  readonly root: HTMLElement
  set(text: string, isBad?: boolean): void
}

function numberView(label: string): NumberView {
  const value = element('span', { text: '–' })
  const root = element('div', { class: 'number' }, [element('small', { text: label }), value])
  return {
    root,
    set(text, isBad = false) {
      setText(value, text)
      value.className = isBad ? 'bad' : ''
    },
  }
}
