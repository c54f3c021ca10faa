import type { ConfigValueMessage, LineDetails, UpdateMessage } from '../messages.ts'
import { type CardView, createCardView } from './card-view.ts'
import { type ConnectionState, createConnection, takeToken } from './connection.ts'
import { button, element, setText } from './dom.ts'
import { createLinesView } from './lines-view.ts'
import { createModel } from './model.ts'
import { createServiceView, type ServiceView } from './service-view.ts'
import { createTabs } from './tabs.ts'

const LOGS = 'Logs'

function start(token: string): void {
  const model = createModel()
  const cards = new Map<string, CardView>()
  const views = new Map<string, ServiceView>()
  const status = element('span', { class: 'status', text: 'connecting …', attributes: { role: 'status' } })
  const etcd = element('span', { class: 'soft mono' })
  const services = element('section', { class: 'services', attributes: { 'aria-label': 'Services' } })
  const tabs = createTabs((name) => {
    for (const [service, card] of cards) card.setChosen(service === name)
    views.get(name)?.show()
    if (name === LOGS) lines.show()
  })
  const connection = createConnection(token, onUpdate, onState)
  const lines = createLinesView({
    onQuery: () => connection.follow(lines.query),
    // Both are written by the command of the same version.
    details: async (seq) => (await connection.ask(`/api/lines/${seq}`)) as LineDetails,
    colourOf: (service) => model.services.get(service)?.colour ?? 's0',
  })
  tabs.add(LOGS, lines.root)
  tabs.choose(LOGS)

  document.body.replaceChildren(
    element('header', { class: 'top' }, [
      element('h1', {}, [
        element('span', { class: 'mark', text: 'keelson' }),
        document.createTextNode(' dev'),
      ]),
      etcd,
      status,
    ]),
    element('main', {}, [services, element('div', { class: 'content' }, [tabs.root, tabs.panel])]),
  )
  document.addEventListener('keydown', (event) => {
    const target = event.target instanceof Element ? event.target : null
    if (event.key !== '/' || target?.closest('input, select, textarea') !== null) return
    event.preventDefault()
    tabs.choose(LOGS)
    lines.focusSearch()
  })
  connection.follow(lines.query)

  function onUpdate(update: UpdateMessage): void {
    const changes = model.apply(update)
    if (update.first !== undefined) {
      lines.clear()
      setText(etcd, update.first.etcd === null ? '' : `etcd ${update.first.etcd}`)
    }
    for (const [name, changed] of changes) {
      const known = model.services.get(name)
      if (known === undefined) continue
      if (!cards.has(name)) {
        const path = `/api/services/${encodeURIComponent(name)}`
        const card = createCardView(known, () => tabs.choose(name))
        const view = createServiceView(known, {
          act: (action, input) => connection.act(`${path}/${action}`, input),
          config: async () => (await connection.ask(`${path}/config`)) as readonly ConfigValueMessage[],
        })
        cards.set(name, card)
        views.set(name, view)
        services.append(card.root)
        tabs.add(name, view.root)
      }
      cards.get(name)?.update(changed)
      if (tabs.chosen === name) views.get(name)?.update(changed)
    }
    lines.setServices([...model.services.keys()])
    lines.add(update.lines ?? [], update.skipped ?? 0)
    if (update.held !== undefined) lines.setCounts(update.held, update.total ?? update.held)
    showStatus()
  }

  function showStatus(): void {
    const all = [...model.services.values()]
    const up = all.filter(({ service }) => service.phase === 'up').length
    setText(status, `${up} of ${all.length} up`)
    document.title = `${up}/${all.length} up · keelson dev`
  }

  function onState(state: ConnectionState): void {
    if (state === 'refused') return askForToken('The token is wrong.')
    status.classList.toggle('lost', state === 'lost')
    if (state === 'lost') setText(status, 'keelson dev does not answer; trying again …')
  }
}

function askForToken(reason: string): void {
  const input = element('input', {
    attributes: { type: 'password', 'aria-label': 'Token', placeholder: 'token', autocomplete: 'off' },
  })
  const open = (event: Event): void => {
    event.preventDefault()
    if (input.value.trim() === '') return
    location.hash = input.value.trim()
    start(takeToken())
  }
  document.body.replaceChildren(
    element('div', { class: 'gate' }, [
      element('h1', { text: 'keelson dev' }),
      element('p', {
        text: `${reason} Open the address that keelson dev has shown on its terminal, or write what stands behind its #.`,
      }),
      element('form', { on: { submit: open } }, [
        input,
        button('Open', () => {}, { attributes: { type: 'submit' } }),
      ]),
    ]),
  )
  input.focus()
}

// The address of another run, opened in the same tab, changes only what stands behind the #: that loads nothing by itself.
addEventListener('hashchange', () => {
  if (location.hash.length > 1) location.reload()
})
const token = takeToken()
if (token === '') askForToken('This page needs a token.')
else start(token)
