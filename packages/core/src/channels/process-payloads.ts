/** The main thread was blocked beyond the limit of liveness; told by the probe thread, read when it turns again. */
export interface ProcessStalled {
  readonly service: string
  readonly silentMs: number
  /** Frames that blocked it, innermost first. */
  readonly stack: string
}

/** How the life of a process ended, as the next one finds out. */
export type ExitReason =
  | 'first-start'
  | 'clean'
  | 'restart'
  | 'uncaught-error'
  | 'unhandled-rejection'
  | 'heap-abort'
  | 'memory-kill'
  | 'stall-kill'
  | 'deadline'
  | 'second-signal'
  | 'exit'
  | 'unknown'

/** How the life before this one ended; told once, at the start. */
export interface PreviousExit {
  readonly service: string
  readonly reason: ExitReason
  /** What the reason is concluded from, for people. */
  readonly evidence: string
  /** When the life before this one was last seen, in milliseconds since 1970; `undefined` at the first start. */
  readonly lastSeenAtMs: number | undefined
  /** How long it lived, in milliseconds. */
  readonly lifetimeMs: number | undefined
  readonly exitCode: number | undefined
  /** Name, message and first frames of the error that ended it. */
  readonly error: string | undefined
  /** Request during which that error was raised. */
  readonly requestId: string | undefined
  /** Last known heap, resident memory and limits, in bytes; delay of the loop, in milliseconds; requests under way. */
  readonly vitals: Readonly<Record<string, number>> | undefined
  /** Starts after an earlier life within the last hour, this one included. */
  readonly restartsLastHourCount: number
}

/** What the container allows and uses, every few seconds. Published only while somebody is subscribed. */
export interface LimitsSampled {
  readonly service: string
  readonly memoryLimitBytes: number | undefined
  readonly memoryUsageBytes: number | undefined
  readonly memoryWorkingSetBytes: number | undefined
  readonly memoryPeakBytes: number | undefined
  readonly oomKillCount: number | undefined
  readonly cpuLimitCores: number | undefined
  readonly cpuPeriodCount: number | undefined
  readonly cpuThrottledPeriodCount: number | undefined
  readonly cpuThrottledMs: number | undefined
  readonly heapLimitBytes: number
  readonly leakVerdict: 'unknown' | 'flat' | 'growing'
  /** Time until a growing heap reaches its limit, in milliseconds; `undefined` unless it grows. */
  readonly leakTimeToLimitMs: number | undefined
  /** Starts after an earlier life within the last hour. */
  readonly restartsLastHourCount: number
}

/** A limit is set up badly (at the start), or 80 % of it is used (once each). */
export interface LimitsWarning {
  readonly service: string
  readonly subject: 'heap-fit' | 'heap' | 'container'
  readonly usedBytes: number
  readonly limitBytes: number
  /** For people: what is wrong, and the flag to set or what grew. */
  readonly message: string
}

/** What is thought of the heap has changed. */
export interface LeakVerdictChanged {
  readonly service: string
  readonly verdict: 'unknown' | 'flat' | 'growing'
  /** 0 unless it grows. */
  readonly bytesPerMinute: number
  /** What the last major collections left of the old generation. */
  readonly floorBytes: number
  readonly limitBytes: number
  /** `undefined` unless it grows. */
  readonly timeToLimitMs: number | undefined
}

/** The record of the process's life cannot be kept or read as it should; the service goes on without. Told once each. */
export interface LedgerProblem {
  readonly service: string
  readonly problem: 'corrupt' | 'unwritable' | 'in-use' | 'no-directory' | 'termination-message'
  readonly path: string
  /** For people: what is wrong and what follows. */
  readonly message: string
  readonly error?: unknown
}
