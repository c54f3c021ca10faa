import type { ExitReason, LifecycleChanged } from '../channels/index.ts'

/** Vital signs of a process at its last heartbeat. What is not known is left out. */
export interface Vitals {
  readonly heapUsedBytes?: number | undefined
  readonly heapLimitBytes?: number | undefined
  /** The heap without its young generation, and what that may grow to: V8 gives up by these two. */
  readonly oldSpaceUsedBytes?: number | undefined
  readonly oldSpaceLimitBytes?: number | undefined
  readonly externalBytes?: number | undefined
  readonly rssBytes?: number | undefined
  readonly containerLimitBytes?: number | undefined
  readonly workingSetBytes?: number | undefined
  /** How late the heartbeat was, in milliseconds. */
  readonly loopDelayMs?: number | undefined
  readonly inFlightCount?: number | undefined
  /** When a probe was last answered, in milliseconds since 1970. */
  readonly lastProbeAtMs?: number | undefined
}

/** How a life ended, written by itself. */
export interface LifeEnd {
  readonly reason: Extract<
    ExitReason,
    'clean' | 'restart' | 'uncaught-error' | 'unhandled-rejection' | 'deadline' | 'second-signal' | 'exit'
  >
  readonly atMs: number
  /** For people. */
  readonly evidence: string
  readonly exitCode?: number | undefined
  /** Name, message and first frames of an error. */
  readonly error?: string | undefined
  readonly requestId?: string | undefined
}

/** One life of a service, as its file holds it. Times are milliseconds since 1970. */
export interface LifeRecord {
  readonly format: 1
  readonly service: string
  readonly version?: string | undefined
  readonly pid: number
  readonly startedAtMs: number
  /** The last heartbeat. */
  readonly beatAtMs: number
  readonly phase: LifecycleChanged['phase']
  readonly vitals: Vitals
  /** Kills for want of memory in the container, as last counted. */
  readonly oomKillCount?: number | undefined
  /** Where V8 writes its report when it gives up; absent when it writes none. */
  readonly reportPath?: string | undefined
  /** Starts after an earlier life, the last {@link maximumRestarts}, oldest first. */
  readonly restartsAtMs: readonly number[]
  readonly end?: LifeEnd | undefined
}

/** How many restarts a record remembers: one each 18 s for half an hour, faster than an orchestrator starts anything. */
export const maximumRestarts: number = 100

/** Longest text of an error in a record, in characters. */
const MAX_ERROR_LENGTH = 4_000

const phases: readonly unknown[] = ['starting', 'started', 'draining', 'closing', 'stopped']
const endReasons: readonly unknown[] = [
  'clean',
  'restart',
  'uncaught-error',
  'unhandled-rejection',
  'deadline',
  'second-signal',
  'exit',
]

/** The text of an error for a record and the termination message: name, message, first frames; never throws. */
export function errorText(error: unknown): string {
  try {
    const text = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error)
    return text.slice(0, MAX_ERROR_LENGTH)
  } catch {
    return 'an error that cannot be shown'
  }
}

/** Reads a record; `undefined` for anything that this version did not write whole. */
export function parseRecord(text: string): LifeRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(value)) return undefined
  const { format, service, pid, startedAtMs, beatAtMs, phase, vitals, restartsAtMs, end } = value
  const sound =
    format === 1 &&
    typeof service === 'string' &&
    [pid, startedAtMs, beatAtMs].every(isNumber) &&
    phases.includes(phase) &&
    isObject(vitals) &&
    Object.values(vitals).every(isNumber) &&
    Array.isArray(restartsAtMs) &&
    restartsAtMs.every(isNumber) &&
    isOptional(value['oomKillCount'], isNumber) &&
    isOptional(value['version'], isText) &&
    isOptional(value['reportPath'], isText) &&
    isOptional(end, isEnd)
  // Every field was looked at just now.
  return sound ? (value as unknown as LifeRecord) : undefined
}

function isEnd(value: unknown): boolean {
  return (
    isObject(value) &&
    endReasons.includes(value['reason']) &&
    isNumber(value['atMs']) &&
    isText(value['evidence']) &&
    isOptional(value['exitCode'], isNumber) &&
    isOptional(value['error'], isText) &&
    isOptional(value['requestId'], isText)
  )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isOptional(value: unknown, test: (value: unknown) => boolean): boolean {
  return value === undefined || test(value)
}
