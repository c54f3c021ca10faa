import { Agent, get, type IncomingMessage } from 'node:http'

/**
 * Sends requests one after the other over one kept connection and reads every answer to its end.
 *
 * @throws Error when an answer is not 200, or the server is gone
 */
export async function sendRequests(url: string, count: number, signal: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    for (let sent = 0; sent < count; sent++) {
      signal.throwIfAborted()
      const status = await sendOne(url, agent)
      if (status !== 200) throw new Error(`${url} answered ${status} to request ${sent + 1}.`)
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
