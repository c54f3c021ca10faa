import type { ConfigValueMessage } from '../messages.ts'
import { button, element, setText } from './dom.ts'

/** The effective configuration of a service, with the origin of every value. */
export interface ConfigView {
  readonly root: HTMLElement
  load(): void
}

/** Makes the view; it asks when it is told to. */
export function createConfigView(ask: () => Promise<readonly ConfigValueMessage[]>): ConfigView {
  const search = element('input', {
    attributes: {
      type: 'search',
      placeholder: 'key, value or origin',
      'aria-label': 'Filter the configuration',
    },
  })
  const onlySet = element('input', { attributes: { type: 'checkbox' } })
  const count = element('span', { class: 'soft' })
  const body = element('tbody')
  const table = element('table', { class: 'stack' }, [
    element('thead', {}, [
      element(
        'tr',
        {},
        ['Key', 'Value', 'From'].map((text) => element('th', { text, attributes: { scope: 'col' } })),
      ),
    ]),
    body,
  ])
  const problem = element('p', { class: 'soft' })
  let values: readonly ConfigValueMessage[] = []

  const draw = (): void => {
    const wanted = search.value.toLowerCase()
    const shown = values
      .filter(({ origin }) => !onlySet.checked || origin !== 'schema')
      .filter(({ key, value, origin }) => `${key} ${textOf(value)} ${origin}`.toLowerCase().includes(wanted))
      .toSorted((a, b) => Number(a.origin === 'schema') - Number(b.origin === 'schema'))
    setText(count, values.length === 0 ? '' : `${shown.length} of ${values.length} keys`)
    body.replaceChildren(
      ...shown.map(({ key, value, origin }) =>
        element('tr', { class: origin === 'schema' ? '' : 'own' }, [
          element('td', { class: 'mono', text: key }),
          element('td', { class: 'mono', text: textOf(value) }),
          element('td', {
            class: origin === 'schema' ? 'soft' : '',
            text: origin === 'schema' ? 'default' : origin,
          }),
        ]),
      ),
    )
  }
  const load = async (): Promise<void> => {
    try {
      values = await ask()
      setText(problem, '')
    } catch (error) {
      setText(problem, error instanceof Error ? error.message : String(error))
    }
    draw()
  }
  search.addEventListener('input', draw)
  onlySet.addEventListener('change', draw)

  const root = element('section', { class: 'block', attributes: { 'aria-label': 'Configuration' } }, [
    element('div', { class: 'title' }, [
      element('h3', { text: 'Configuration' }),
      count,
      element('span', { class: 'end' }, [
        element('label', { class: 'soft' }, [onlySet, document.createTextNode('without defaults')]),
        search,
        button('Reload', () => void load()),
      ]),
    ]),
    problem,
    table,
  ])
  return { root, load: () => void load() }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
}
