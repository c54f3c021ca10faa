import { spawn } from 'node:child_process'
import { getEventListeners, once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { runWithContext } from '@keelson/core/context'
import { createHttpClient } from '@keelson/http-client'
import { findFreePort } from '../restarts/free-port.ts'

/** What many calls leave behind. */
export interface EnduranceSample {
  readonly callCount: number
  /** Heap in use after a full collection, in bytes. */
  readonly heapBytes: number
  /** Listeners on the two signals that all calls share: that of the request and that of the call. */
  readonly listenerCount: number
}

const concurrency = 50

/**
 * Makes calls that all have the same two signals, one in a hundred of which fails, and looks at what is left at each quarter.
 *
 * @param callCount calls in all
 */
export async function runEndurance(callCount: number): Promise<readonly EnduranceSample[]> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void // the flag above makes it
  const port = await findFreePort()
  const server = spawn(process.execPath, [`${import.meta.dirname}/cost-server.ts`, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(server.stdout, 'data')
  const client = createHttpClient({
    service: 'bench',
    dependency: 'server',
    target: `http://127.0.0.1:${port}`,
  })
  const [request, call] = [new AbortController(), new AbortController()]
  const context = { requestId: 'endurance', signal: request.signal }
  const callOnce = (index: number) =>
    client.get(index % 100 === 0 ? '/broken' : '/videos/7', { signal: call.signal }).catch(() => undefined)
  const samples: EnduranceSample[] = []
  try {
    // Code is compiled and pools are filled before the first look.
    await runWithContext(context, () => makeCalls(callOnce, Math.ceil(callCount / 10)))
    for (let quarter = 0; quarter <= 4; quarter++) {
      if (quarter > 0) await runWithContext(context, () => makeCalls(callOnce, callCount / 4))
      collect()
      collect()
      samples.push({
        callCount: (quarter * callCount) / 4,
        heapBytes: process.memoryUsage().heapUsed,
        listenerCount:
          getEventListeners(request.signal, 'abort').length + getEventListeners(call.signal, 'abort').length,
      })
    }
    return samples
  } finally {
    server.kill('SIGKILL')
    await client.close()
  }
}

async function makeCalls(call: (index: number) => Promise<unknown>, callCount: number): Promise<void> {
  let nextIndex = 0
  const caller = async () => {
    while (nextIndex < callCount) await call(nextIndex++)
  }
  await Promise.all(Array.from({ length: concurrency }, caller))
}
