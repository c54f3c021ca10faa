import { setTimeout as wait } from 'node:timers/promises'
import type { LoadEvidence, LostRequest } from './evidence.ts'
import { call, headerOf, keepConnection, showResult, type HttpResult } from './http-call.ts'

/** What to load, and for how long. */
export interface StopLoadOptions {
  readonly url: string
  /** How long requests keep coming after the signal, in milliseconds. */
  readonly trafficMs: number
}

/** A load that runs until it is told when the signal was sent. */
export interface StopLoad {
  /** To be called at the moment of the signal. */
  markSignal(): void
  /** Resolves when the last request has been answered or lost. */
  readonly done: Promise<LoadEvidence>
  stop(): void
}

interface Sent {
  readonly startedAt: number
  readonly endedAt: number
  readonly connection: 'fresh' | 'kept'
  readonly result: HttpResult
}

/** Two callers that open a connection for each request, two that keep theirs, as balancers do. */
const callers: readonly LostRequest['connection'][] = ['fresh', 'kept', 'fresh', 'kept']
// About 100 requests per second and caller: enough to hit a gap of 20 ms, far from being a load test.
const PAUSE_MS = 8
/** From here on every answer should say that the connection ends. */
const LATE_MS = 250
const SLOT_MS = 50

/** Starts the load. */
export function startStopLoad({ url, trafficMs }: StopLoadOptions): StopLoad {
  const sent: Sent[] = []
  let signalAt: number | undefined
  let isStopped = false
  const isOver = () => isStopped || (signalAt !== undefined && performance.now() > signalAt + trafficMs)
  const run = async (kind: LostRequest['connection']) => {
    const connection = kind === 'kept' ? keepConnection(url) : undefined
    try {
      while (!isOver()) {
        const startedAt = performance.now()
        const result = await call({ url, ...(connection === undefined ? {} : { connection }) })
        sent.push({ startedAt, endedAt: performance.now(), connection: kind, result })
        await wait(PAUSE_MS)
      }
    } finally {
      connection?.close()
    }
  }
  const done = Promise.all(callers.map(run)).then(() => summarize(sent, signalAt ?? performance.now()))
  return {
    markSignal() {
      signalAt = performance.now()
    },
    done,
    stop() {
      isStopped = true
    },
  }
}

/** In place of a load, where there is nobody to answer it. */
export const noLoad: StopLoad = {
  markSignal() {},
  done: Promise.resolve({ sentCount: 0, lost: [], lateKeptCount: 0, lateClosedCount: 0, answered: [] }),
  stop() {},
}

function summarize(sent: readonly Sent[], signalAt: number): LoadEvidence {
  const slots = new Map<number, number>()
  const lost: LostRequest[] = []
  // A path that fails in normal life says nothing about the stop.
  const usualFailure = sent.find(({ startedAt, result }) => startedAt < signalAt && isFailure(result))
  for (const { startedAt, endedAt, connection, result } of sent) {
    const isLost = usualFailure === undefined ? isFailure(result) : result.kind === 'failure'
    if (isLost) lost.push({ atMs: startedAt - signalAt, connection, what: showResult(result) })
    else {
      const slot = Math.floor((endedAt - signalAt) / SLOT_MS) * SLOT_MS
      slots.set(slot, (slots.get(slot) ?? 0) + 1)
    }
  }
  const late = sent.filter(
    ({ startedAt, connection }) => connection === 'kept' && startedAt > signalAt + LATE_MS,
  )
  const lateAnswers = late.flatMap(({ result }) => (result.kind === 'answer' ? [result] : []))
  return {
    sentCount: sent.length,
    lost: lost.toSorted((a, b) => a.atMs - b.atMs),
    lateKeptCount: lateAnswers.length,
    lateClosedCount: lateAnswers.filter((answer) => /\bclose\b/i.test(headerOf(answer, 'connection'))).length,
    answered: [...slots].toSorted(([a], [b]) => a - b).map(([atMs, count]) => ({ atMs, count })),
  }
}

function isFailure(result: HttpResult): boolean {
  return result.kind === 'failure' || result.status >= 500
}
