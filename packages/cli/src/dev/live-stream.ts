import type { ServerResponse } from 'node:http'
import { fieldsOf, type LogEntry, messageOf } from './log-entry.ts'
import { type LogFilter, logFilter, type LogStore } from './log-store.ts'
import type { LineDetails, LineMessage, UpdateMessage } from './messages.ts'

/** What is new, besides lines; collected between two updates. */
export type NewsMessage = Omit<UpdateMessage, 'lines' | 'skipped' | 'held' | 'total' | 'first'>

/** One page that looks on. */
export interface LiveStream {
  /** Adds news for the next update. */
  add(news: NewsMessage): void
  /** Sends what is new; called a few times a second. */
  flush(): void
  close(): void
}

/** Lines of one update, and the first ones: more would go by unread, and fill the page. */
export const maxLinesSent = 500
/** An update that says nothing new keeps the connection known to be alive. */
const QUIET_FLUSHES = 20
const MAX_TEXT = 500
const MAX_FIELDS = 300

/** Fields that are shown by themselves, or are the same on every line of a process. */
const hiddenFields: ReadonlySet<string> = new Set(
  'host service version env pod node pid level_name request_id full_message'.split(' '),
)

/**
 * Sends lines that fit a filter, and news, as server-sent events. A reader that does not keep up misses lines, and is told
 * how many: nothing is kept for it.
 */
export function createLiveStream(
  response: ServerResponse,
  logs: LogStore,
  filter: LogFilter,
  first: UpdateMessage,
): LiveStream {
  const fits = logFilter(filter)
  const pending: LogEntry[] = []
  let skipped = 0
  let sentTotal = logs.total
  let quiet = 0
  let news: NewsMessage = {}
  const leave = logs.subscribe((entry) => {
    if (!fits(entry)) return
    pending.push(entry)
    if (pending.length > maxLinesSent) {
      pending.shift()
      skipped += 1
    }
  })
  const send = (update: UpdateMessage): void => {
    response.write(`data: ${JSON.stringify(update)}\n\n`)
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
  send({
    ...first,
    lines: logs.last(filter, maxLinesSent).map(lineMessage),
    held: logs.count,
    total: logs.total,
  })

  return {
    add(more) {
      news = mergeNews(news, more)
    },
    flush() {
      if (response.writableNeedDrain) return
      const hasNews = Object.keys(news).length > 0 || logs.total !== sentTotal
      quiet = hasNews ? 0 : quiet + 1
      if (!hasNews && quiet < QUIET_FLUSHES) return
      quiet = 0
      const lines = pending.splice(0).map(lineMessage)
      send({
        ...news,
        ...(lines.length === 0 ? {} : { lines }),
        ...(skipped === 0 ? {} : { skipped }),
        held: logs.count,
        total: logs.total,
      })
      sentTotal = logs.total
      skipped = 0
      news = {}
    },
    close() {
      leave()
      response.end()
    },
  }
}

/** What the message of an access line says already, and what is seldom asked for; opening a line shows all of it. */
const accessFields: ReadonlySet<string> = new Set(
  'method route status remote_ip user_agent bytes_in bytes_out'.split(' '),
)

/** A line as a list shows it. */
export function lineMessage(entry: LogEntry): LineMessage {
  const { seq, atMs, service, level, requestId } = entry
  const all = fieldsOf(entry)
  const isAccess = all.some(({ name }) => name === 'duration_ms')
  const fields = all
    .filter(({ name }) => !hiddenFields.has(name) && !(isAccess && accessFields.has(name)))
    .map(({ name, value }) => `${name}=${value}`)
    .join(' ')
  return {
    seq,
    atMs,
    service,
    level,
    requestId,
    text: cut(messageOf(entry), MAX_TEXT),
    fields: cut(fields, MAX_FIELDS),
  }
}

/** A line with everything that it holds. */
export function lineDetails(entry: LogEntry): LineDetails {
  return { ...lineMessage(entry), text: messageOf(entry), all: fieldsOf(entry) }
}

/** Later news of the same thing replaces earlier ones where only the last counts. */
function mergeNews(earlier: NewsMessage, later: NewsMessage): NewsMessage {
  const merged = {
    services: lastBy([...(earlier.services ?? []), ...(later.services ?? [])], ({ name }) => name),
    samples: [...(earlier.samples ?? []), ...(later.samples ?? [])].slice(-maxLinesSent),
    probes: [...(earlier.probes ?? []), ...(later.probes ?? [])].slice(-maxLinesSent),
    stops: lastBy([...(earlier.stops ?? []), ...(later.stops ?? [])], ({ service }) => service),
    verifies: lastBy([...(earlier.verifies ?? []), ...(later.verifies ?? [])], ({ service }) => service),
  }
  return Object.fromEntries(Object.entries(merged).filter(([, list]) => list.length > 0))
}

function lastBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): readonly Value[] {
  return [...new Map(values.map((value) => [keyOf(value), value])).values()]
}

function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
}
