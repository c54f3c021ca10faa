import { Agent, get, type IncomingMessage } from 'node:http'

/**
 * Requests that one connection carries. A process that has only ever seen one connection runs code that V8 made for that
 * one, throws it away at the second and needed half as many instructions again for the next 20,000 requests.
 */
const requestsPerConnection = 500

/**
 * Sends requests one after the other over kept connections and reads every answer to its end.
 *
 * @throws Error when an answer is not 200, or the server is gone
 */
export async function sendRequests(url: string, count: number, signal: AbortSignal): Promise<void> {
  for (let sent = 0; sent < count; sent += requestsPerConnection) {
    await sendOverOneConnection(url, Math.min(requestsPerConnection, count - sent), signal)
  }
}

async function sendOverOneConnection(url: string, count: number, signal: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    for (let sent = 0; sent < count; sent++) {
      signal.throwIfAborted()
      const status = await sendOne(url, agent)
      if (status !== 200) throw new Error(`${url} answered ${status}.`)
    }
  } finally {
    agent.destroy()
  }
}

function sendOne(url: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (answer: IncomingMessage) => {
      answer
        .resume()
        .once('end', () => resolve(answer.statusCode))
        .once('error', reject)
    }).once('error', reject)
  })
}
