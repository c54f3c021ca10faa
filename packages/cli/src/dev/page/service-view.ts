import { phaseText } from './card-view.ts'
import { createConfigView } from './config-view.ts'
import { createDependenciesView } from './dependencies-view.ts'
import { button, element, setText } from './dom.ts'
import { drawFigures, drawTimeline } from './figures-view.ts'
import { clockTime } from './format.ts'
import type { Change, ServiceModel } from './model.ts'
import type { ConfigValueMessage } from '../messages.ts'
import { drawStopTrace } from './stop-view.ts'
import { drawVerify } from './verify-view.ts'

/** Everything about one service. */
export interface ServiceView {
  readonly root: HTMLElement
  update(changes: ReadonlySet<Change>): void
  /** Told when it comes into sight. */
  show(): void
}

/** What the view asks of the command. */
export interface ServiceContext {
  /** @throws Error with a message for people */
  readonly act: (action: string, input?: object) => Promise<unknown>
  readonly config: () => Promise<readonly ConfigValueMessage[]>
}

/** Makes the view. */
export function createServiceView(model: ServiceModel, { act, config }: ServiceContext): ServiceView {
  const { service } = model
  const problem = element('p', { class: 'notice', attributes: { role: 'alert' } })
  problem.hidden = true
  const run = async (action: string, input?: object): Promise<void> => {
    problem.hidden = true
    try {
      await act(action, input)
    } catch (error) {
      problem.hidden = false
      setText(problem, error instanceof Error ? error.message : String(error))
    }
  }
  const phase = element('span', { class: 'badge' })
  const facts = element('div', { class: 'facts' })
  const restart = button('Restart', () => void run('restart'))
  const stop = button('Stop', () => void run('stop'), { class: 'danger' })
  const start = button('Start', () => void run('start'))
  const verifyButton = button('Verify now', () => void run('verify'))
  const charts = element('div', { class: 'charts' })
  const timeline = element('div')
  const stopTrace = element('div', { class: 'block' })
  const verify = element('div', { class: 'block' })
  const dependencies = createDependenciesView(
    (dependency, state) => void run('breaker', { dependency, state }),
  )
  const values = createConfigView(config)
  const stopBlock = block('Last stop', [stopTrace])

  const root = element('div', { class: 'service' }, [
    element('div', { class: 'head' }, [
      element('h2', { class: model.colour, text: service.name }),
      phase,
      element('div', { class: 'actions' }, [restart, start, stop]),
      facts,
    ]),
    problem,
    stopBlock,
    block('Figures', [charts]),
    block('Probes', [timeline]),
    dependencies.root,
    block('Contract', [verify], [verifyButton]),
    values.root,
  ])
  stopBlock.hidden = true

  const showService = (): void => {
    const { pid, starts, upSinceMs, folder, calls, opsUrl, lastEnd, phase: name } = model.service
    setText(phase, phaseText(model))
    phase.className = `badge ${phaseClasses[name]}`
    const parts = [
      folder,
      pid === null ? '' : `process ${pid}`,
      `started ${starts} ${starts === 1 ? 'time' : 'times'}`,
      upSinceMs === null ? '' : `ready since ${clockTime(upSinceMs).slice(0, 8)}`,
      lastEnd === null ? '' : `last end: ${lastEnd}`,
      calls.length === 0 ? '' : `calls ${calls.join(', ')}`,
    ].filter((part) => part !== '')
    facts.replaceChildren(
      ...parts.map((text) => element('span', { text })),
      ...['metrics', 'info'].map((path) =>
        element('a', {
          text: path,
          attributes: { href: `${opsUrl}/${path}`, target: '_blank', rel: 'noreferrer noopener' },
        }),
      ),
    )
    const runs = pid !== null
    start.hidden = runs
    stop.hidden = !runs
    restart.disabled = !runs
    stop.disabled = name === 'stopping'
    verifyButton.disabled = name !== 'up' || model.verify?.state === 'running'
  }

  return {
    root,
    update(changes) {
      if (changes.has('service') || changes.has('verify')) showService()
      if (changes.has('service') && model.service.phase === 'up') values.load()
      if (changes.has('samples')) {
        charts.replaceChildren(...drawFigures(model))
        dependencies.update(model.samples.at(-1)?.dependencies ?? [])
      }
      if (changes.has('probes')) timeline.replaceChildren(drawTimeline(model))
      if (changes.has('verify')) verify.replaceChildren(...drawVerify(model.verify))
      if (changes.has('stop') && model.stop !== null) {
        stopBlock.hidden = false
        stopTrace.replaceChildren(...drawStopTrace(model.stop))
      }
    },
    show() {
      this.update(new Set<Change>(['service', 'samples', 'probes', 'stop', 'verify']))
    },
  }
}

const phaseClasses = {
  up: 'good',
  starting: 'warn',
  stopping: 'warn',
  waiting: 'bad',
  crashed: 'bad',
  stopped: 'soft',
} as const

function block(
  title: string,
  children: readonly HTMLElement[],
  actions: readonly HTMLElement[] = [],
): HTMLElement {
  return element('section', { class: 'block', attributes: { 'aria-label': title } }, [
    element('div', { class: 'title' }, [
      element('h3', { text: title }),
      ...(actions.length === 0 ? [] : [element('span', { class: 'end' }, actions)]),
    ]),
    ...children,
  ])
}
