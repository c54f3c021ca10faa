// Entry of the probe thread: owns the operations listener, answers probes from shared memory, passes everything else on.
// Loads nothing but node:http, so that the thread stays small.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import { methodNotAllowed, pathOf, problem, type OpsAnswer } from './ops-answer.ts'
import { actionPrefix } from './ops-action-limits.ts'
import { readOpsRequest, writeAnswer } from './ops-handler.ts'
import { openProbeMemory, probeNames, type ProbeName } from './probe-memory.ts'
import type { FromProbeThread, ProbeThreadData, ToProbeThread } from './probe-messages.ts'
import { watchForStall } from './stall-watch.ts'

/** What the main thread may take for an answer (DESIGN §3.3), and how many it may be asked for at once. */
const PASS_ON_TIMEOUT_MS = 2_000
const PASS_ON_MOST = 4

function main(data: ProbeThreadData): void {
  const memory = openProbeMemory(data.buffer)
  const pending = new Map<number, (answer: OpsAnswer) => void>()
  let nextId = 0

  function probe(name: ProbeName): OpsAnswer {
    memory.probed()
    const { up, body } = memory.read(name)
    const silentMs = memory.silentMs()
    if (name === 'liveness' && silentMs > data.stallLimitMs) return stalled
    if (name === 'readiness' && up && silentMs > data.readinessStallMs) return stalled
    return { statusCode: up ? 200 : 503, contentType: 'application/json', body }
  }

  async function passOn(message: IncomingMessage): Promise<OpsAnswer> {
    const request = await readOpsRequest(message)
    if (request === undefined) return problem(413, 'Content Too Large')
    if (pending.size >= PASS_ON_MOST) return problem(503, 'Service Unavailable')
    const id = nextId++
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(problem(503, 'Service Unavailable')), PASS_ON_TIMEOUT_MS)
      const settle = (passed: OpsAnswer) => {
        clearTimeout(timer)
        pending.delete(id)
        resolve(passed)
      }
      pending.set(id, settle)
      send({ kind: 'request', id, request })
    })
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const isAction = request.url?.startsWith(actionPrefix) ?? false
    if (request.method !== 'GET' && request.method !== 'HEAD' && !isAction) {
      void writeAnswer(request, response, methodNotAllowed)
      return
    }
    const name = probeNames.find((probeName) => pathOf(request.url ?? '') === `/${probeName}`)
    if (name !== undefined) void writeAnswer(request, response, probe(name))
    else void passOn(request).then((passed) => writeAnswer(request, response, passed))
  }

  const server = createServer(answer)
  // Probes are small and local: whoever needs longer than this is not a probe.
  server.headersTimeout = 5_000
  server.requestTimeout = 10_000
  server.once('error', (error: Error & { code?: string }) =>
    send({ kind: 'failed', message: error.message, code: error.code }),
  )
  server.listen({ host: data.host, port: data.port }, () => {
    const address = server.address()
    send({
      kind: 'listening',
      port: typeof address === 'object' && address !== null ? address.port : data.port,
    })
    watchForStall(memory, data, (stall) => send({ kind: 'stalled', ...stall }))
  })
  parentPort?.on('message', (message: ToProbeThread) => pending.get(message.id)?.(message.answer))
}

const stalled: OpsAnswer = {
  statusCode: 503,
  contentType: 'application/json',
  body: JSON.stringify({ status: 'down', reasons: ['main thread stalled'] }),
}

function send(message: FromProbeThread): void {
  parentPort?.postMessage(message)
}

if (parentPort !== null) main(workerData as ProbeThreadData) // made by probe-thread.ts, the only one that starts this file
