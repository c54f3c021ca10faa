import { closeSync, openSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readBounded, recordMode } from './record-file.ts'

/** What V8 wrote when it gave up. */
export interface FatalReport {
  /** `OOMError` for a full heap. */
  readonly trigger: string
  /** `Allocation failed - JavaScript heap out of memory` */
  readonly event: string
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** First frames of the program; empty when it could not be taken, as with a full heap. */
  readonly stack: readonly string[]
}

// A compact report was 9 kB; every worker thread adds one.
const MAX_BYTES = 1_048_576
const MAX_FRAMES = 10

/**
 * Has Node write a report when V8 gives up, to a file of fixed name: each overwrites the one before. The environment
 * and the network are left out of it, the one for its secrets, the other for its slow look-ups. A directory or name
 * that the user has set is kept.
 *
 * @returns where the report will be, or `undefined` when there will be none
 */
export function armFatalReport(path: string): string | undefined {
  const { report } = process
  try {
    report.directory ||= dirname(path)
    report.filename ||= basename(path)
    const inForce = join(report.directory, report.filename)
    // Made here so that it is not readable for all; Node keeps the mode of a file that exists.
    closeSync(openSync(inForce, 'a', recordMode))
    report.compact = true
    report.excludeEnv = true
    Object.assign(report, { excludeNetwork: true }) // Node has it from 22 on, its types not yet
    report.reportOnFatalError = true
    return inForce
  } catch {
    return undefined
  }
}

/** Reads a report of a life that began at a time; `undefined` when there is none, or one of an earlier life. */
export function readFatalReport(path: string, startedAtMs: number): FatalReport | undefined {
  try {
    const text = readBounded(path, MAX_BYTES)
    const value: unknown = text === undefined || text === '' ? undefined : JSON.parse(text)
    const header = field(value, 'header')
    const trigger = field(header, 'trigger')
    const event = field(header, 'event')
    const atMs = Number(field(header, 'dumpEventTimeStamp'))
    const fatal = trigger === 'OOMError' || trigger === 'FatalError'
    if (!fatal || typeof event !== 'string' || !(atMs >= startedAtMs)) return undefined
    const frames = field(field(value, 'javascriptStack'), 'stack')
    const stack = Array.isArray(frames) ? frames.filter((frame) => typeof frame === 'string') : []
    return {
      trigger,
      event: event.slice(0, 500),
      atMs,
      stack: stack.filter((frame) => frame !== 'Unavailable.').slice(0, MAX_FRAMES),
    }
  } catch {
    return undefined
  }
}

function field(value: unknown, name: string): unknown {
  // Narrowed to an object just before; its fields are unknown all the same.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
