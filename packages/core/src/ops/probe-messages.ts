import type { OpsAnswer, OpsRequest } from './ops-answer.ts'

/** What the probe thread is started with. */
export interface ProbeThreadData {
  readonly buffer: SharedArrayBuffer
  readonly host: string
  readonly port: number
  /** Silence of the main thread after which it counts as dead, in milliseconds. */
  readonly stallLimitMs: number
  /** Silence of the main thread after which it gets no traffic, in milliseconds. */
  readonly readinessStallMs: number
  /** Constant fields of the line that tells of a stall, as a GELF object; `undefined` writes plain text. */
  readonly lineFields: Readonly<Record<string, string | number>> | undefined
  /** Record of the process's life, beside which a stall is marked; `undefined` without a ledger. */
  readonly recordPath: string | undefined
  /** Whether the blocking stack is taken through the inspector. */
  readonly takeStack: boolean
}

/** A stall that was noticed. */
export interface Stall {
  readonly silentMs: number
  /** Frames that block the main thread, innermost first; a sentence where they could not be taken. */
  readonly stack: string
}

/** From the probe thread to the main thread. */
export type FromProbeThread =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined }
  | { readonly kind: 'request'; readonly id: number; readonly request: OpsRequest }
  | ({ readonly kind: 'stalled' } & Stall)

/** From the main thread to the probe thread. */
export interface ToProbeThread {
  readonly id: number
  readonly answer: OpsAnswer
}
