import type { LineDetails, LineMessage } from '../messages.ts'
import type { LineQuery } from './connection.ts'
import { button, element, setText } from './dom.ts'
import { clockTime, levelName } from './format.ts'

/** The lines of all services, with what they are filtered by. */
export interface LinesView {
  readonly root: HTMLElement
  readonly query: LineQuery
  /** Empties the list: the lines of another query follow. */
  clear(): void
  add(lines: readonly LineMessage[], skipped: number): void
  setCounts(held: number, total: number): void
  setServices(names: readonly string[]): void
  focusSearch(): void
  /** Told when the list has come into sight: what could not be measured before is put right. */
  show(): void
}

/** What the view needs of the rest of the page. */
export interface LinesContext {
  readonly onQuery: () => void
  readonly details: (seq: number) => Promise<LineDetails>
  readonly colourOf: (service: string) => string
}

/** Lines in the page; what came before them is in the command, and found by the filters. */
export const MAX_LINES = 500
/** Typing is one query, in milliseconds after its last letter. */
const TYPING_MS = 150
/** Scrolled up by less than this, in pixels, the list follows. */
const NEAR_END = 40

const levels = [
  ['7', 'all levels'],
  ['6', 'info and worse'],
  ['4', 'warn and worse'],
  ['3', 'errors'],
] as const

/** Makes the view. */
export function createLinesView({ onQuery, details, colourOf }: LinesContext): LinesView {
  const requestId = filterInput('request id', 'mono', 'Request id, or its beginning')
  const text = filterInput('text  ( / )', '', 'Text anywhere in a line')
  const level = element('select', { attributes: { 'aria-label': 'Level' } })
  level.append(...levels.map(([value, label]) => new Option(label, value)))
  level.value = '6'
  const service = element('select', { attributes: { 'aria-label': 'Service' } })
  service.append(new Option('all services', ''))
  const note = element('span', { attributes: { role: 'status' } })
  const missed = element('span', { class: 'warn' })
  const list = element('ol', { class: 'lines', attributes: { 'aria-label': 'Log lines', tabindex: '0' } })
  const empty = element('p', { class: 'empty', text: 'No line fits, so far.' })
  const more = button('', () => onQuery(), { class: 'more' })
  more.hidden = true
  let waiting = 0
  let current: HTMLElement | undefined

  let typing = 0
  const onTyping = (): void => {
    clearTimeout(typing)
    typing = setTimeout(onQuery, TYPING_MS)
  }
  for (const input of [requestId, text]) {
    input.addEventListener('input', onTyping)
    input.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || input.value === '') return
      input.value = ''
      onQuery()
    })
  }
  for (const select of [level, service]) select.addEventListener('change', onQuery)
  const reset = button('clear', () => {
    requestId.value = ''
    text.value = ''
    level.value = '6'
    service.value = ''
    onQuery()
  })

  /** Whether the newest line stays in sight; scrolling up ends it. */
  let follows = true
  const scrollToEnd = (): void => {
    list.scrollTop = list.scrollHeight
    follows = true
  }
  new ResizeObserver(() => {
    if (follows) scrollToEnd()
  }).observe(list)
  const showMore = (): void => {
    more.hidden = waiting === 0
    setText(more, `${waiting.toLocaleString()} new ${waiting === 1 ? 'line' : 'lines'} ↓`)
  }
  const onId = (id: string): void => {
    requestId.value = id
    level.value = '7'
    onQuery()
  }
  const makeLine = (line: LineMessage): HTMLElement => {
    const name = levelName(line.level)
    const kind = name === 'FATAL' ? 'error' : name.toLowerCase()
    const id = line.requestId
    return element(
      'li',
      { class: `line l-${kind}`, attributes: { 'data-seq': String(line.seq), tabindex: '-1' } },
      [
        element('span', { class: 'time', text: clockTime(line.atMs) }),
        element('span', { class: 'level', text: name }),
        element('span', { class: `who ${colourOf(line.service)}`, text: line.service }),
        element('span', { class: 'what', text: line.text }, [
          element('span', { class: 'fields', text: line.fields === '' ? '' : `  ${line.fields}` }),
        ]),
        id === undefined
          ? element('span')
          : button(id, () => onId(id), {
              class: 'plain id',
              attributes: { title: `Show the lines of ${id}`, tabindex: '-1' },
            }),
      ],
    )
  }

  const toggle = async (row: HTMLElement): Promise<void> => {
    const open = row.querySelector('dl')
    if (open !== null) return open.remove()
    const shown = element('dl')
    row.append(shown)
    try {
      const { text: message, all } = await details(Number(row.dataset['seq']))
      for (const [name, value] of [['message', message], ...all.map((one) => [one.name, one.value])]) {
        shown.append(element('dt', { text: String(name) }), element('dd', { text: String(value) }))
      }
    } catch {
      shown.append(element('dt', { text: 'gone' }), element('dd', { text: 'The line is held no longer.' }))
    }
  }
  const choose = (row: Element | null | undefined): void => {
    if (!(row instanceof HTMLElement) || !row.classList.contains('line')) return
    if (current !== undefined) current.tabIndex = -1
    current = row
    row.tabIndex = 0
    row.focus()
  }
  list.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : null
    if (target?.closest('button, dl') !== null || String(getSelection()) !== '') return
    const row = target?.closest<HTMLElement>('.line')
    if (row !== null && row !== undefined) void toggle(row)
  })
  list.addEventListener('keydown', (event) => {
    const row = document.activeElement?.closest<HTMLElement>('.line')
    const moves: Readonly<Record<string, () => void>> = {
      ArrowDown: () =>
        choose(row === null || row === undefined ? list.lastElementChild : row.nextElementSibling),
      ArrowUp: () =>
        choose(row === null || row === undefined ? list.lastElementChild : row.previousElementSibling),
      Home: () => choose(list.firstElementChild),
      End: () => choose(list.lastElementChild),
      Enter: () => {
        if (row !== null && row !== undefined) void toggle(row)
      },
      i: () => row?.querySelector<HTMLElement>('.id')?.click(),
    }
    const move = moves[event.key]
    if (move === undefined || event.target instanceof HTMLButtonElement) return
    event.preventDefault()
    move()
  })
  list.addEventListener('scroll', () => {
    follows = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END
    if (follows && waiting > 0) onQuery()
  })

  const root = element('div', { class: 'logs' }, [
    element('div', { class: 'filters', attributes: { role: 'search' } }, [
      element('div', { class: 'wide' }, [requestId]),
      element('div', { class: 'wide' }, [text]),
      level,
      service,
      reset,
    ]),
    element('div', { class: 'log-note' }, [note, missed]),
    list,
    more,
  ])
  list.append(empty)

  return {
    root,
    get query() {
      return { id: requestId.value.trim(), text: text.value, level: level.value, service: service.value }
    },
    clear() {
      list.replaceChildren(empty)
      setText(missed, '')
      current = undefined
      waiting = 0
      showMore()
    },
    add(lines, skipped) {
      if (skipped > 0) {
        setText(
          missed,
          `${skipped.toLocaleString()} lines came too quickly to be shown; the filters find the newest of them.`,
        )
      }
      if (lines.length === 0) return
      const isFirst = empty.isConnected
      if (!isFirst && !follows) {
        waiting += lines.length + skipped
        return showMore()
      }
      empty.remove()
      list.append(...lines.map(makeLine))
      while (list.childElementCount > MAX_LINES) list.firstElementChild?.remove()
      scrollToEnd()
    },
    setCounts(held, total) {
      const gone = total - held
      setText(
        note,
        `${total.toLocaleString()} lines${gone > 0 ? `, the last ${held.toLocaleString()} held` : ''} · Enter opens a line, i shows its request`,
      )
    },
    setServices(names) {
      const known = new Set([...service.options].map(({ value }) => value))
      service.append(...names.filter((name) => !known.has(name)).map((name) => new Option(name, name)))
    },
    focusSearch() {
      text.focus()
      text.select()
    },
    show: scrollToEnd,
  }
}

function filterInput(placeholder: string, className: string, label: string): HTMLInputElement {
  return element('input', {
    class: className,
    attributes: {
      type: 'search',
      placeholder,
      'aria-label': label,
      autocomplete: 'off',
      spellcheck: 'false',
    },
  })
}
