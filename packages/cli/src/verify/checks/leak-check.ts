import { showDuration } from '../../duration.ts'
import { skip, verdict, type Check, type Verdict } from '../check.ts'
import type { Profile } from '../contract.ts'
import type { LeakEvidence } from '../evidence.ts'
import { parseRecord } from './log-record.ts'

/** 128 + SIGKILL: what a shell or a container runtime makes of the signal. */
const KILLED_CODE = 137
/** The chassis's own ends in good order: a stop whose grace period was over, and a restart of its own accord. */
const orderlyCodes: readonly number[] = [70, 75]
/** Syslog severities 0 to 4: emergency to warning. */
const WARNING_LEVEL = 4

/** The check of the leak run, which is judged only when it is asked for. */
export const leakCheck: Check = {
  id: 'limits.leak',
  group: 'limits',
  title: 'a leak under the memory limit ends by an abort or a stop of its own that says why, never by a kill',
  levels: { keelson: 'error', generic: 'warning' },
  needsProcess: true,
  isOptIn: true,
  reason:
    'The kernel kills without a line: the service vanishes with all requests under way, and nobody learns that it was memory. V8 that gives up first says so, and a guard even stops in order.',
  remedy:
    'Keep the heap limit well below the memory limit: start with keelson-start, --max-old-space-size-percentage=70, or --max-old-space-size below 80 % of the limit (limits.memoryBytes of the contract, --memory), and leave standard error open.',
  judge: ({ life }, { profile }) => {
    if (life?.leak === undefined) return skip('no leak was run')
    return life.leak.kind === 'refused'
      ? skip(
          `${life.leak.why}: run it as root or where control groups are delegated to the user, or verify the --image`,
        )
      : judgeRun(life.leak, profile)
  },
}

type LeakRun = Extract<LeakEvidence, { kind: 'ran' }>

function judgeRun(run: LeakRun, profile: Profile): Verdict {
  const { end, leakedBytes, becameReady, lines } = run
  const limit = `a limit of ${mebibytes(run.memoryBytes)}`
  if (isKilled(run))
    return verdict([
      becameReady
        ? `the kernel killed it under ${limit}, after ${mebibytes(leakedBytes)} were leaked`
        : `the kernel killed it under ${limit} before it was ready`,
    ])
  if (!becameReady)
    return verdict([`it did not become ready under ${limit}${end === undefined ? '' : `: ${howOf(end)}`}`])
  if (end === undefined) {
    return leakedBytes === 0
      ? skip('no process that listens loaded the preload: it is no Node process, or drops NODE_OPTIONS')
      : verdict([
          `it still ran ${showDuration(run.patienceMs)} later, after ${mebibytes(leakedBytes)} were leaked under ${limit}`,
        ])
  }
  // As first process of a container V8 cannot abort by the signal and ends by another: its line tells.
  if (lines.some(({ text }) => text.includes('JavaScript heap out of memory'))) return verdict([])
  if (end.signal !== null || end.code === 134)
    return verdict([`it ended by ${howOf(end)}, and no line says why`])
  if (profile === 'keelson' && !orderlyCodes.includes(end.code ?? 0))
    return verdict([
      `it ended by ${howOf(end)}, which is neither an abort of V8 nor a stop of its own (${orderlyCodes.join(', ')})`,
    ])
  const isTold = profile === 'generic' ? lines.length > 0 : lines.some(({ text }) => isWarning(text))
  return verdict(
    isTold ? [] : [`it ended by ${howOf(end)}, and no record of level 0 to ${WARNING_LEVEL} says why`],
  )
}

function isKilled({ end, oomKillCount = 0 }: LeakRun): boolean {
  return oomKillCount > 0 || end?.signal === 'SIGKILL' || end?.code === KILLED_CODE
}

function howOf({ code, signal }: NonNullable<LeakRun['end']>): string {
  return signal ?? `exit code ${code}`
}

function isWarning(line: string): boolean {
  const level = parseRecord(line)?.['level']
  return typeof level === 'number' && level <= WARNING_LEVEL
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`
}
