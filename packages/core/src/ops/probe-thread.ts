import { Worker } from 'node:worker_threads'
import { channel } from '../channels/index.ts'
import { systemClock, type Clock } from '../clock/index.ts'
import type { Health } from '../health/index.ts'
import { listenError } from '../http/index.ts'
import { createOpsResponder } from './ops-answer.ts'
import type { OpsServer, OpsServerOptions } from './ops-server.ts'
import { openProbeMemory, type ProbeMemory } from './probe-memory.ts'
import type { FromProbeThread, ProbeThreadData } from './probe-messages.ts'

/** How the probe thread judges the main thread. */
export interface ProbeThreadOptions extends OpsServerOptions {
  /** Name of the service, for the facts that are published. */
  readonly service: string
  /**
   * Silence of the main thread after which liveness fails, in milliseconds.
   *
   * @range 1,000 to 600,000
   * @defaultValue 20000 — long garbage collections and synchronous work of start-up stay below it
   */
  readonly stallLimitMs?: number
  /** Constant fields of the GELF line that tells of a stall; without, plain text is written. */
  readonly lineFields?: Readonly<Record<string, string | number>>
  /** `recordPath` of the process watch: a stall is marked beside it, so that the next start knows a liveness kill. */
  readonly recordPath?: string
  /**
   * Whether the stack that blocks the main thread is taken through the inspector.
   *
   * @defaultValue true
   */
  readonly takeStack?: boolean
  readonly clock?: Clock
}

/** Defaults of {@link ProbeThreadOptions}. */
export const probeThreadDefaults: { readonly stallLimitMs: number; readonly takeStack: boolean } =
  Object.freeze({
    stallLimitMs: 20_000,
    takeStack: true,
  })

/** Silence of the main thread after which readiness fails, in milliseconds (DESIGN §3.3). */
const READINESS_STALL_MS = 5_000

/** How often the main thread shows that it turns, in milliseconds. */
const BEAT_EVERY_MS = 250

/**
 * Starts the operations listener on a thread of its own: probes are answered from shared memory, so that a blocked
 * main thread delays none of them; everything else is passed to the main thread.
 *
 * @throws KEELSON_HTTP_ADDRESS_IN_USE when the port is taken; what the system says when no thread can be had
 */
export async function startProbeThread(options: ProbeThreadOptions): Promise<OpsServer> {
  const { health, service, clock = systemClock } = options
  const { stallLimitMs, takeStack } = { ...probeThreadDefaults, ...options }
  const memory = openProbeMemory()
  const stopBeating = beat(memory, clock)
  const stopWriting = mirror(health, memory)
  const data: ProbeThreadData = {
    buffer: memory.buffer,
    host: options.host,
    port: options.port,
    stallLimitMs,
    readinessStallMs: Math.min(READINESS_STALL_MS, stallLimitMs),
    lineFields: options.lineFields,
    recordPath: options.recordPath,
    takeStack,
  }
  const worker = new Worker(workerFile(), {
    name: 'keelson-probes',
    workerData: data,
    // Nothing of the process's own flags (a loader, a preloaded file) belongs into this thread.
    execArgv: [],
    argv: [],
    env: {},
    // The smallest in which node:http still serves: a thread costs memory in every container.
    resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  })
  const respond = createOpsResponder(options)
  const { promise: listening, resolve, reject } = Promise.withResolvers<number>()
  worker.on('message', (message: FromProbeThread) => {
    if (message.kind === 'listening') resolve(message.port)
    else if (message.kind === 'failed') {
      const error = Object.assign(new Error(message.message), { code: message.code })
      reject(
        listenError(error, {
          host: options.host,
          port: options.port,
          portVariable: 'OPS_PORT',
          purpose: 'operations endpoints',
        }),
      )
    } else if (message.kind === 'request') {
      void respond(message.request).then((answer) => worker.postMessage({ id: message.id, answer }))
    } else {
      channel('keelson.process.stalled').publish({
        service,
        silentMs: message.silentMs,
        stack: message.stack,
      })
    }
  })
  worker.once('error', reject)

  const close = async () => {
    stopBeating()
    stopWriting()
    worker.ref()
    await worker.terminate()
  }
  try {
    const port = await listening
    // Held until here, so that a process that only waits for this does not end; from now on it is no reason to live.
    worker.unref()
    return { port, close, lastProbeAtMs: () => memory.lastProbeAtMs() }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * The entry of the thread: TypeScript where the sources run, else CommonJS, which loads in half the time and with
 * 8 MiB less than an ES module does in a thread (docs/decisions/0004). A service that was bundled into one file has it
 * beside that file (docs/guides/bundling.md).
 */
function workerFile(): URL {
  try {
    return new URL(import.meta.resolve('@keelson/core/probe-worker'))
  } catch {
    return new URL('./probe-worker.cjs', import.meta.url)
  }
}

function beat(memory: ProbeMemory, clock: Clock): () => void {
  let timer = clock.setTimeout(step, BEAT_EVERY_MS)
  timer.unref()
  memory.beat()
  function step(): void {
    memory.beat()
    timer = clock.setTimeout(step, BEAT_EVERY_MS)
    timer.unref()
  }
  return () => clock.clearTimeout(timer)
}

function mirror(health: Health, memory: ProbeMemory): () => void {
  return health.watch(() => {
    memory.write('liveness', health.liveness())
    memory.write('readiness', health.readiness())
    memory.write('startup', health.startup())
  })
}
