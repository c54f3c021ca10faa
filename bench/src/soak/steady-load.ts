import { Agent, get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

/** Clients that ask for hours without a hurry. */
export interface SteadyLoad {
  readonly requestCount: number
  /** Answers that were not those asked for, by status or code of the error. */
  readonly failures: ReadonlyMap<string, number>
  /** Lets every client end its request. */
  end(): Promise<void>
}

/** Pause of a client between two requests, shortest and longest, in milliseconds. */
const pauseMs = [10, 50] as const

/** Requests after which a client opens a new connection. */
const requestsPerConnection = 1_000

/** One request in so many is for a path that does not exist, each time another one: those must leave nothing behind. */
const unknownEvery = 20

/** Starts clients with one kept connection each. */
export function startSteadyLoad(url: string, clientCount: number): SteadyLoad {
  const stop = new AbortController()
  const failures = new Map<string, number>()
  let requestCount = 0

  async function run(): Promise<void> {
    let agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let turn = 1; !stop.signal.aborted; turn++) {
      const isUnknown = turn % unknownEvery === 0
      const requestId = `soak-${Math.random().toString(36).slice(2)}`
      const outcome = await ask(isUnknown ? `${url}/${requestId}` : url, agent, requestId)
      requestCount++
      if (outcome !== (isUnknown ? '404' : '200')) failures.set(outcome, (failures.get(outcome) ?? 0) + 1)
      if (turn % requestsPerConnection === 0) {
        agent.destroy()
        agent = new Agent({ keepAlive: true, maxSockets: 1 })
      }
      const [shortest, longest] = pauseMs
      const pause = shortest + Math.random() * (longest - shortest)
      await wait(pause, undefined, { signal: stop.signal }).catch(() => undefined)
    }
    agent.destroy()
  }

  const clients = Array.from({ length: clientCount }, run)
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

function ask(url: string, agent: Agent, requestId: string): Promise<string> {
  return new Promise((resolve) => {
    get(url, { agent, headers: { 'x-request-id': requestId } }, (answer) => {
      answer
        .resume()
        .once('end', () => resolve(String(answer.statusCode)))
        .once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    }).once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}
