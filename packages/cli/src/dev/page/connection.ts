import type { UpdateMessage } from '../messages.ts'

/** Which lines the page wants. */
export interface LineQuery {
  readonly id: string
  readonly text: string
  readonly service: string
  /** Least urgent severity, 7 for all. */
  readonly level: string
}

/** What becomes of the connection. */
export type ConnectionState = 'connecting' | 'live' | 'lost' | 'refused'

/** The way to the command. */
export interface Connection {
  /** Opens the stream anew, with another query. */
  follow(query: LineQuery): void
  /** @throws Error with a message for people */
  ask(path: string): Promise<unknown>
  /** @throws Error with a message for people */
  act(path: string, input?: object): Promise<unknown>
}

const tokenKey = 'keelson-dev-token'
const RETRY_MS = 1_000

/**
 * Takes the token out of the address, where it was in the part that browsers send to nobody, and keeps it for this tab.
 *
 * @returns empty when there is none
 */
export function takeToken(): string {
  const given = location.hash.slice(1)
  if (given !== '') {
    sessionStorage.setItem(tokenKey, given)
    history.replaceState(null, '', '/')
  }
  return sessionStorage.getItem(tokenKey) ?? ''
}

/** Makes the connection; `follow` opens it. */
export function createConnection(
  token: string,
  onUpdate: (update: UpdateMessage) => void,
  onState: (state: ConnectionState) => void,
): Connection {
  const headers = { authorization: `Bearer ${token}` }
  let current: AbortController | undefined

  const stream = async (query: LineQuery, signal: AbortSignal): Promise<void> => {
    const parameters = new URLSearchParams({ ...query })
    while (!signal.aborted) {
      try {
        const response = await fetch(`/api/stream?${parameters.toString()}`, { headers, signal })
        if (response.status === 401) return onState('refused')
        if (!response.ok || response.body === null) throw new Error(String(response.status))
        onState('live')
        for await (const data of eventsOf(response.body)) {
          if (signal.aborted) return
          onUpdate(JSON.parse(data) as UpdateMessage) // written by the command of the same version
        }
      } catch {
        // Told below; a stream that ends of itself is lost as well.
      }
      if (signal.aborted) return
      onState('lost')
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
  return {
    follow(query) {
      current?.abort()
      current = new AbortController()
      void stream(query, current.signal)
    },
    ask: (path) => request(path, { headers }),
    act: (path, input = {}) =>
      request(path, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(input),
      }),
  }
}

/** @throws Error with the message of the answer */
async function request(path: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(path, init)
  const body: unknown = await response.json()
  if (response.ok) return body
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined
  throw new Error(typeof message === 'string' ? message : `The answer was ${response.status}.`)
}

/** The data of server-sent events, of which each is one line. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const parts = (rest + decoder.decode(value, { stream: true })).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) if (part.startsWith('data: ')) yield part.slice(6)
  }
}
