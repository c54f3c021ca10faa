import { element } from './dom.ts'

/** Tabs by the pattern of WAI-ARIA: one stop of the Tab key, arrows between them. */
export interface Tabs {
  readonly root: HTMLElement
  readonly panel: HTMLElement
  /** Adds a tab unless there is one of that name. */
  add(name: string, content: HTMLElement): void
  choose(name: string): void
  readonly chosen: string
}

/**
 * Makes tabs.
 *
 * @param onChoose told of every choice, whoever made it
 */
export function createTabs(onChoose: (name: string) => void): Tabs {
  const contents = new Map<string, { readonly tab: HTMLElement; readonly content: HTMLElement }>()
  const root = element('div', { class: 'tabs', attributes: { role: 'tablist', 'aria-label': 'Views' } })
  const panel = element('div', { class: 'panel', attributes: { role: 'tabpanel', id: 'panel' } })
  let chosen = ''

  const choose = (name: string): void => {
    const found = contents.get(name)
    if (found === undefined) return
    chosen = name
    for (const [other, { tab }] of contents) {
      tab.setAttribute('aria-selected', String(other === name))
      tab.tabIndex = other === name ? 0 : -1
    }
    panel.setAttribute('aria-label', name)
    panel.replaceChildren(found.content)
    onChoose(name)
  }
  root.addEventListener('keydown', (event) => {
    const names = [...contents.keys()]
    const at = names.indexOf(chosen)
    const targets: Readonly<Record<string, number>> = {
      ArrowRight: (at + 1) % names.length,
      ArrowLeft: (at - 1 + names.length) % names.length,
      Home: 0,
      End: names.length - 1,
    }
    const target = names[targets[event.key] ?? -1]
    if (target === undefined) return
    event.preventDefault()
    choose(target)
    contents.get(target)?.tab.focus()
  })

  return {
    root,
    panel,
    get chosen() {
      return chosen
    },
    add(name, content) {
      if (contents.has(name)) return
      const tab = element('button', {
        text: name,
        attributes: {
          type: 'button',
          role: 'tab',
          'aria-controls': 'panel',
          'aria-selected': 'false',
          tabindex: '-1',
        },
        on: { click: () => choose(name) },
      })
      contents.set(name, { tab, content })
      root.append(tab)
    },
    choose,
  }
}
