import type { DependencyMessage } from '../messages.ts'
import { button, element, setText } from './dom.ts'
import { percent, rate } from './format.ts'

/** What a service calls, with the state of its breakers and a switch to force them. */
export interface DependenciesView {
  readonly root: HTMLElement
  update(dependencies: readonly DependencyMessage[]): void
}

/** Forces a breaker open or closed, or lets it decide again. */
export type ForceBreaker = (dependency: string, state: 'isolated' | 'held-closed' | 'released') => void

interface Row {
  readonly root: HTMLElement
  update(dependency: DependencyMessage): void
}

/** Makes the view. Rows stay, so that the focus does. */
export function createDependenciesView(force: ForceBreaker): DependenciesView {
  const rows = new Map<string, Row>()
  const nothing = element('p', { class: 'soft', text: 'It calls nobody, or has not called yet.' })
  const body = element('tbody')
  const table = element('table', { class: 'stack' }, [
    element('thead', {}, [
      element(
        'tr',
        {},
        ['Dependency', 'Breaker', 'Calls', ''].map((text) =>
          element('th', { text, attributes: { scope: 'col' } }),
        ),
      ),
    ]),
    body,
  ])
  const root = element('section', { class: 'block', attributes: { 'aria-label': 'Dependencies' } }, [
    element('div', { class: 'title' }, [element('h3', { text: 'Dependencies' })]),
    nothing,
    table,
  ])
  table.hidden = true

  return {
    root,
    update(dependencies) {
      nothing.hidden = dependencies.length > 0
      table.hidden = dependencies.length === 0
      for (const dependency of dependencies) {
        let row = rows.get(dependency.name)
        if (row === undefined) {
          row = createRow(dependency.name, force)
          rows.set(dependency.name, row)
          body.append(row.root)
        }
        row.update(dependency)
      }
      for (const [name, row] of rows) {
        if (dependencies.some((one) => one.name === name)) continue
        row.root.remove()
        rows.delete(name)
      }
    },
  }
}

const stateClasses: Readonly<Record<string, string>> = {
  closed: 'good',
  'held closed': 'warn',
  'half-open': 'warn',
  open: 'bad',
  isolated: 'bad',
}

function createRow(name: string, force: ForceBreaker): Row {
  const badge = element('span', { class: 'badge' })
  const calls = element('span')
  const open = createSwitch('Force open', (on) => force(name, on ? 'isolated' : 'released'))
  const closed = createSwitch('Force closed', (on) => force(name, on ? 'held-closed' : 'released'))
  const switches = element('span', { class: 'switches' }, [open.root, closed.root])
  const cells = [element('span', { class: 'mono', text: name }), badge, calls, switches]
  return {
    root: element(
      'tr',
      {},
      cells.map((cell) => element('td', {}, [cell])),
    ),
    update({ breaker, forced, callsPerSecond, failureRatio }) {
      const state = forced === 'closed' ? 'held closed' : breaker
      badge.className = `badge ${stateClasses[state] ?? 'soft'}`
      setText(badge, state)
      setText(calls, `${rate(callsPerSecond)}/s, ${percent(failureRatio)} failed`)
      open.update(breaker === 'isolated', forced === 'closed')
      closed.update(forced === 'closed', breaker === 'isolated')
    },
  }
}

interface Switch {
  readonly root: HTMLButtonElement
  /** @param isOther whether the breaker is forced the other way, which is released first */
  update(isOn: boolean, isOther: boolean): void
}

/** Makes a button that forces, and releases afterwards: it stays the same one, so that the focus does. */
function createSwitch(text: string, set: (on: boolean) => void): Switch {
  let isForced = false
  const root = button(text, () => set(!isForced))
  return {
    root,
    update(isOn, isOther) {
      isForced = isOn
      setText(root, isOn ? 'Release' : text)
      root.setAttribute('aria-pressed', String(isOn))
      root.hidden = isOther
    },
  }
}
