import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Address } from './loopback-address.ts'

/** Keep-alive clients that never retry. */
export interface ClientLoadOptions {
  /** Clients with a short pause between requests. */
  readonly busyCount: number
  /** Clients with a long one. */
  readonly idleCount: number
  /** Pause of those, shortest and longest, in milliseconds. */
  readonly idlePauseMs: readonly [number, number]
  /** Where the next connection goes. */
  readonly nextAddress: () => Address
}

/** What the clients saw so far. */
export interface ClientLoad {
  readonly requestCount: number
  /** Failed requests by kind: `POST ECONNRESET`, `GET 502`. */
  readonly failures: ReadonlyMap<string, number>
  /** Lets every client end its request. */
  end(): Promise<void>
}

/** Pause of busy clients, shortest and longest, in milliseconds. */
const busyPauseMs = [10, 50] as const

/** No answer is expected to take this long, in milliseconds. */
const requestLimitMs = 20_000

/**
 * Starts the clients: each has one connection of its own and one request at a time, GET and POST by turns. A client
 * stays with its connection for as long as it is kept, as pools do behind the address of a Kubernetes service: what is
 * taken from the list gets no new connections, but keeps those that it has.
 */
export function startClients(options: ClientLoadOptions): ClientLoad {
  const { busyCount, idleCount, idlePauseMs, nextAddress } = options
  const stop = new AbortController()
  const failures = new Map<string, number>()
  let requestCount = 0

  async function run([shortest, longest]: readonly [number, number]): Promise<void> {
    const agent = new Agent({ keepAlive: true })
    let address = nextAddress()
    for (let turn = Math.floor(Math.random() * 2); !stop.signal.aborted; turn++) {
      const method = turn % 2 === 0 ? 'GET' : 'POST'
      if (!hasKeptConnection(agent)) address = nextAddress()
      const outcome = await ask(agent, address, method)
      requestCount++
      if (outcome !== '200') {
        const kind = `${method} ${outcome}`
        failures.set(kind, (failures.get(kind) ?? 0) + 1)
      }
      const pauseMs = shortest + Math.random() * (longest - shortest)
      await wait(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined)
    }
    agent.destroy()
  }

  const clients = [
    ...Array.from({ length: busyCount }, () => run(busyPauseMs)),
    ...Array.from({ length: idleCount }, () => run(idlePauseMs)),
  ]
  return {
    get requestCount() {
      return requestCount
    },
    failures,
    async end() {
      stop.abort()
      await Promise.all(clients)
    },
  }
}

function hasKeptConnection(agent: Agent): boolean {
  return Object.values(agent.freeSockets).some((sockets) => sockets?.some((socket) => !socket.destroyed))
}

const id = '7'
const body = JSON.stringify({ id })
const expected = JSON.stringify({ id, title: `Video ${id}` })

/** @returns `200` for the whole right answer, else another status (with the reason where the service itself refused), `wrong answer`, `timeout` or the code of the error */
function ask(agent: Agent, { host, port }: Address, method: 'GET' | 'POST'): Promise<string> {
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length) }
  return new Promise((resolve) => {
    const asking = request({
      agent,
      host,
      port,
      method,
      path: method === 'GET' ? `/videos/${id}` : '/videos',
      ...(method === 'GET' ? {} : { headers }),
    })
    const limit = setTimeout(() => asking.destroy(new TimedOut()), requestLimitMs)
    const settle = (outcome: string) => {
      clearTimeout(limit)
      resolve(outcome)
    }
    asking.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message))
    asking.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message))
      response.once('end', () => {
        const shed = response.headers['x-shed']
        if (shed !== undefined) settle(`${response.statusCode} shed: ${String(shed)}`)
        else if (response.statusCode !== 200) settle(String(response.statusCode))
        else settle(text === expected ? '200' : 'wrong answer')
      })
    })
    asking.end(method === 'GET' ? undefined : body)
  })
}

class TimedOut extends Error {
  readonly code = 'timeout'
}
