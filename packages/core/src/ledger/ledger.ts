import { mkdirSync } from 'node:fs'
import type { LedgerProblem, LifecycleChanged } from '../channels/index.ts'
import type { Clock } from '../clock/index.ts'
import { armFatalReport, readFatalReport, type FatalReport } from './fatal-report.ts'
import { judge, type Judgement } from './judge.ts'
import { maximumRestarts, parseRecord, type LifeEnd, type LifeRecord, type Vitals } from './life-record.ts'
import { createRecordFile, errorCode, type RecordFile } from './record-file.ts'
import { removeForgotten } from './remove-forgotten.ts'
import { claimSlot } from './slot.ts'
import { clearStall, readStall } from './stall-mark.ts'

/** Whose lives are written down, and where. */
export interface LedgerOptions {
  readonly service: string
  readonly version?: string | undefined
  /** Tells replicas apart that share a directory. */
  readonly pod: string
  readonly directory: string
  /** Kills for want of memory in the container, as counted now. */
  readonly oomKillCount?: number | undefined
  readonly clock: Clock
  /** Is told what is wrong with the files, once for each problem and system code. */
  readonly onProblem: (problem: Omit<LedgerProblem, 'service'>) => void
}

/** What is known of the life before. */
export interface PreviousLife extends Judgement {
  /** Its record; `undefined` at the first start, or when it could not be read. */
  readonly record: LifeRecord | undefined
  readonly report: FatalReport | undefined
}

/** The record of this life. Nothing of it ever throws. */
export interface Ledger {
  readonly recordPath: string
  readonly previous: PreviousLife
  /** Starts after an earlier life within the last hour. */
  readonly restartsLastHourCount: number
  readonly end: LifeEnd | undefined
  /** Writes the vital signs, behind the back of the main thread. */
  beat(phase: LifecycleChanged['phase'], vitals: Vitals, oomKillCount: number | undefined): void
  /** Writes down at once how this life ends; `undefined` takes it back. */
  setEnd(end: LifeEnd | undefined, phase: LifecycleChanged['phase']): void
  /** Gives the place in the directory to others. */
  close(): void
}

const HOUR_MS = 3_600_000

/**
 * Reads how the life before ended, and starts the record of this one.
 *
 * @returns `undefined` when there can be no record, which `onProblem` was told
 */
export function openLedger(options: LedgerOptions): Ledger | undefined {
  const { service, version, directory, clock, oomKillCount } = options
  const report = onceEach(options.onProblem)
  const now = clock.now()
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    report({
      problem: 'unwritable',
      path: directory,
      message: `The state directory ${directory} cannot be made: how this life ends will not be known.`,
      error,
    })
    return undefined
  }
  removeForgotten(directory, now)
  const slot = claimSlot(directory, fileName(service, options.pod))
  if (slot === undefined) {
    report({
      problem: 'in-use',
      path: directory,
      message: `Too many processes of ${service} share ${directory}: how this life ends will not be known.`,
    })
    return undefined
  }
  const recordPath = `${slot.base}.json`
  if (slot.number > 1) {
    report({
      problem: 'in-use',
      path: recordPath,
      message: `Another process of ${service} uses ${directory}; this one is number ${slot.number} there.`,
    })
  }
  const unwritable = (error: unknown) =>
    report({
      problem: 'unwritable',
      path: recordPath,
      message: `The record ${recordPath} cannot be written: how this life ends will not be known.`,
      error,
    })
  if (slot.error !== undefined) unwritable(slot.error)

  const file = createRecordFile(recordPath)
  const previous = readPrevious(file, recordPath, oomKillCount, report)
  clearStall(recordPath)
  let record: LifeRecord = {
    format: 1,
    service,
    version,
    pid: process.pid,
    startedAtMs: now,
    beatAtMs: now,
    phase: 'starting',
    vitals: {},
    oomKillCount,
    reportPath: armFatalReport(`${slot.base}.report.json`),
    restartsAtMs: restartsOf(previous, now),
  }
  write()

  function write(): void {
    try {
      file.replace(JSON.stringify(record))
    } catch (error) {
      // A record that stays behind would be taken for this life at the next start.
      file.remove()
      unwritable(error)
    }
  }

  return {
    recordPath,
    previous,
    get restartsLastHourCount() {
      return recent(record.restartsAtMs, clock.now()).length
    },
    get end() {
      return record.end
    },
    beat(phase, vitals, count) {
      record = { ...record, beatAtMs: clock.now(), phase, vitals, oomKillCount: count }
      file.replaceLater(JSON.stringify(record)).catch(unwritable)
    },
    setEnd(end, phase) {
      record = { ...record, beatAtMs: clock.now(), phase, end }
      write()
    },
    close: () => slot.release(),
  }
}

function readPrevious(
  file: RecordFile,
  path: string,
  oomKillCount: number | undefined,
  report: LedgerOptions['onProblem'],
): PreviousLife {
  let text: string | undefined
  let failure: unknown
  try {
    text = file.read()
  } catch (error) {
    failure = error
  }
  if (text === undefined && failure === undefined) {
    const evidence = 'There is no record of an earlier life.'
    return { reason: 'first-start', evidence, record: undefined, report: undefined }
  }
  const record = text === undefined ? undefined : parseRecord(text)
  if (record === undefined) {
    report({
      problem: 'corrupt',
      path,
      message: `The record ${path} cannot be read: how the life before ended is not known.`,
      ...(failure === undefined ? {} : { error: failure }),
    })
    const evidence = 'Its record cannot be read.'
    return { reason: 'unknown', evidence, record: undefined, report: undefined }
  }
  const fatal =
    record.reportPath === undefined ? undefined : readFatalReport(record.reportPath, record.startedAtMs)
  const judgement = judge({ record, report: fatal, stall: readStall(path), oomKillCount })
  return { ...judgement, record, report: fatal }
}

function restartsOf({ reason, record }: PreviousLife, now: number): readonly number[] {
  if (reason === 'first-start') return []
  return [...recent(record?.restartsAtMs ?? [], now), now].slice(-maximumRestarts)
}

function recent(times: readonly number[], now: number): readonly number[] {
  return times.filter((time) => now - time < HOUR_MS)
}

/** One file name for a service and a pod, whatever they are called. */
function fileName(...names: readonly string[]): string {
  return ['life', ...names].map((name) => name.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 80)).join('-')
}

function onceEach(report: LedgerOptions['onProblem']): LedgerOptions['onProblem'] {
  const told = new Set<string>()
  return (problem) => {
    const key = `${problem.problem} ${errorCode(problem.error) ?? ''}`
    if (told.has(key)) return
    told.add(key)
    report(problem)
  }
}
