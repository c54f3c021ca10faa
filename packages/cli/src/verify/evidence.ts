import type { Exposition } from '../exposition/parse.ts'
import type { HttpResult } from './http-call.ts'
import type { OutputLine, ProcessEnd } from './managed-process.ts'

/** What was seen of one probe. */
export interface ProbeEvidence {
  readonly path: string
  readonly get: HttpResult
  readonly head: HttpResult
  /** Longest answer of the better of up to three rounds of 50 calls, in milliseconds: a busy machine spoils a round, not all. */
  readonly bestRoundMs: number
  /** Calls without an answer among all rounds. */
  readonly failureCount: number
}

/** What was sent as `x-request-id`, and what came back. */
export interface RequestIdEvidence {
  readonly sent: string | undefined
  /** What is special about it, for the report. */
  readonly what: string
  readonly result: HttpResult
}

/** What was seen of the metrics. */
export interface MetricsEvidence {
  readonly text: HttpResult
  readonly openMetrics: HttpResult
  /** `undefined` when the endpoint gave no 200. */
  readonly exposition: Exposition | undefined
  readonly bestScrapeMs: number
  /** Series that came with 20 unknown paths. */
  readonly grownBy: number
  readonly unknownPathCount: number
}

/** Everything that can be seen from outside while the service is in normal life. */
export interface BlackBoxEvidence {
  readonly liveness: ProbeEvidence | undefined
  readonly readiness: ProbeEvidence | undefined
  /** An unknown path of the operations port. */
  readonly opsUnknown: HttpResult
  readonly sample: HttpResult
  /** An unknown path of the service, asked with {@link BlackBoxEvidence.suppliedId}. */
  readonly unknown: HttpResult
  /** The path that fails on purpose, if the contract names one. */
  readonly error: HttpResult | undefined
  /** A request with a body that is no JSON. */
  readonly malformed: HttpResult
  readonly suppliedId: string
  readonly requestIds: readonly RequestIdEvidence[]
  /** Operations paths asked on the service's own port; empty when it is the same port. */
  readonly opsOnService: readonly { readonly path: string; readonly result: HttpResult }[]
  readonly metrics: MetricsEvidence | undefined
  /** Pages that may show configuration, for the canary. */
  readonly pages: readonly { readonly where: string; readonly result: HttpResult }[]
}

/** A request that got no proper answer. */
export interface LostRequest {
  /** Since the signal, in milliseconds; negative before it. */
  readonly atMs: number
  readonly connection: 'fresh' | 'kept'
  readonly what: string
}

/** The load that ran over the signal. */
export interface LoadEvidence {
  readonly sentCount: number
  readonly lost: readonly LostRequest[]
  /** Answers on kept connections that began well after the signal, and how many of them closed it. */
  readonly lateKeptCount: number
  readonly lateClosedCount: number
  /** Requests answered per 50 ms, for the drawing. */
  readonly answered: readonly { readonly atMs: number; readonly count: number }[]
}

/** An answer of a probe, placed in time. */
export interface ProbeSample {
  /** Since the signal, in milliseconds. */
  readonly atMs: number
  readonly result: HttpResult
}

/** What was seen from the signal to the end of the process. */
export interface StopEvidence {
  readonly load: LoadEvidence
  readonly readiness: readonly ProbeSample[]
  readonly liveness: readonly ProbeSample[]
  /** The slow request under way; `undefined` without a path for it. */
  readonly slow: { readonly result: HttpResult; readonly endedBeforeSignal: boolean } | undefined
  /** `undefined` when it was killed after the grace period. */
  readonly exit:
    | { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly atMs: number }
    | undefined
  /** Wall clock of the signal, to split the output. */
  readonly signalAt: number
}

/** What was seen of the start. */
export interface StartEvidence {
  readonly readyAfterMs: number
  /** Every answer of the readiness probe before the first 200. */
  readonly before: readonly HttpResult[]
}

/** What was seen of a life that leaked memory under a limit, or why there was none. */
export type LeakEvidence =
  | { readonly kind: 'refused'; readonly why: string }
  | {
      readonly kind: 'ran'
      readonly memoryBytes: number
      readonly becameReady: boolean
      /** 0 when no process loaded the preload. */
      readonly leakedBytes: number
      /** `undefined` when it had to be killed. */
      readonly end: ProcessEnd | undefined
      /** `undefined` where the kernel does not tell. */
      readonly oomKillCount: number | undefined
      /** Output since the leak began; all of it when it never was ready. */
      readonly lines: readonly OutputLine[]
      readonly patienceMs: number
    }

/** Everything that needs the process itself. */
export interface LifeEvidence {
  readonly start: StartEvidence
  readonly stop: StopEvidence | undefined
  /** All output of the life that was judged. */
  readonly lines: readonly OutputLine[]
  /** The secret that was planted in the environment. */
  readonly canary: string
  /** A life that got two signals; `end` is missing when it had to be killed. */
  readonly secondSignal:
    | { readonly wasRunning: boolean; readonly end: ProcessEnd | undefined; readonly withinMs: number }
    | undefined
  /** A life with a wrong configuration; `undefined` when there is no way known to make it wrong. */
  readonly broken:
    | {
        readonly becameReady: boolean
        readonly end: ProcessEnd | undefined
        readonly lines: readonly OutputLine[]
        readonly variables: string
      }
    | undefined
  /** `undefined` unless it was asked for. */
  readonly leak: LeakEvidence | undefined
}

/** All that the checks judge. Checks never ask the service themselves: one collection serves them all. */
export interface Evidence {
  readonly blackBox: BlackBoxEvidence
  /** Missing when the service was not started by this command. */
  readonly life: LifeEvidence | undefined
}
