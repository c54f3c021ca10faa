import { showText } from '../../terminal.ts'
import { firstOf, skip, verdict, type Check, type Verdict } from '../check.ts'
import type { Evidence, LifeEvidence } from '../evidence.ts'
import type { OutputLine } from '../managed-process.ts'
import { isStackLine, isUncaughtLine, parseRecord } from './log-record.ts'

const group = 'logs'
/** containerd and Docker cut lines at 16 KiB; the pieces are no JSON. */
const MAX_LINE_BYTES = 16 * 1024
const MAX_CLOCK_SECONDS = 5

/** Checks of standard output and error; GELF 1.1 is go2docs.graylog.org "GELF payload specification". */
export const logChecks: readonly Check[] = [
  {
    id: 'logs.json',
    group,
    title: 'every line on stdout is one JSON object',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: true,
    reason:
      'A line that is no JSON arrives at the collector without level, service and request id, or not at all.',
    remedy: 'Log through one logger; find who writes to stdout by itself (console.log, a banner, a library).',
    judge: outOf((lines) =>
      lines
        .filter(({ text }) => parseRecord(text) === undefined && !isStackLine(text))
        .map(({ text }) => `no JSON object: ${showText(text, 120)}`),
    ),
  },
  {
    id: 'logs.gelf',
    group,
    title: 'every record is GELF 1.1',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: true,
    reason: 'Graylog drops a message with a wrong field, or the field, without telling the sender.',
    remedy:
      'Send version "1.1", host, short_message, a timestamp in seconds, a level from 0 to 7, and fields with a leading underscore whose values are texts or numbers.',
    judge: outOf((lines) =>
      lines.flatMap(({ text }) => {
        const record = parseRecord(text)
        const problem = record === undefined ? undefined : gelfProblem(record)
        return problem === undefined ? [] : [`${problem}: ${showText(text, 120)}`]
      }),
    ),
  },
  {
    id: 'logs.clock',
    group,
    title: 'timestamps are the present, in seconds',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: true,
    reason:
      'Records of milliseconds, or of another time zone, lie years or hours away from where anybody looks.',
    remedy: 'Write seconds since 1970 with decimals.',
    judge: outOf((lines) =>
      lines.flatMap(({ text, at }) => {
        const timestamp = parseRecord(text)?.['timestamp']
        if (typeof timestamp !== 'number') return []
        const offSeconds = Math.abs(timestamp - at / 1000)
        return offSeconds <= MAX_CLOCK_SECONDS
          ? []
          : [`timestamp ${timestamp} is ${offSeconds.toFixed(0)} s away from now`]
      }),
    ),
  },
  {
    id: 'logs.line-size',
    group,
    title: 'no line is longer than 16 KiB',
    levels: { keelson: 'error', generic: 'warning' },
    needsProcess: true,
    reason: 'Container runtimes cut longer lines, and the pieces can no longer be read as records.',
    remedy: 'Cut long values before they are written.',
    judge: outOf((lines) =>
      lines.flatMap(({ text }) => {
        const bytes = Buffer.byteLength(text)
        return bytes <= MAX_LINE_BYTES ? [] : [`a line of ${bytes} bytes: ${showText(text, 80)}`]
      }),
    ),
  },
  {
    id: 'logs.stderr-empty',
    group,
    title: 'stderr stays empty in normal life',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: true,
    reason:
      'What is written there carries no level and no service, and is the sign of something that went past the logger.',
    remedy: 'Send warnings of Node (process.on("warning")) and of libraries to the logger.',
    judge: ({ life }) => {
      if (life === undefined) return skip('needs the process')
      const lines = life.lines.filter(
        ({ stream, text }) => stream === 'stderr' && !isStackLine(text) && !isUncaughtLine(text),
      )
      return verdict(firstOf(lines.map(({ text }) => showText(text, 120))))
    },
  },
  {
    id: 'logs.stack-in-one-record',
    group,
    title: 'a stack trace is part of its record',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: true,
    reason: 'A trace in lines of its own is ten records without a level, mixed with those of other requests.',
    remedy: 'Put the trace into one field (full_message), line breaks escaped.',
    judge: ({ life }) => {
      if (life === undefined) return skip('needs the process')
      const torn = life.lines.filter(({ text }) => isStackLine(text))
      return verdict(
        torn.length === 0
          ? []
          : [`${torn.length} lines of traces; the first: ${showText(torn[0]?.text ?? '', 120)}`],
      )
    },
  },
]

function outOf(
  problemsOf: (lines: readonly OutputLine[]) => readonly string[],
): (evidence: Evidence) => Verdict {
  return ({ life }) => {
    if (life === undefined) return skip('needs the process')
    const lines = stdoutOf(life)
    return lines.length === 0 ? skip('nothing was written to stdout') : verdict(firstOf(problemsOf(lines)))
  }
}

function stdoutOf({ lines }: LifeEvidence): readonly OutputLine[] {
  return lines.filter(({ stream, text }) => stream === 'stdout' && text.trim() !== '')
}

function gelfProblem(record: Readonly<Record<string, unknown>>): string | undefined {
  if (record['version'] !== '1.1') return 'version is not "1.1"'
  if (typeof record['host'] !== 'string' || record['host'] === '') return 'host is no text'
  const message = record['short_message']
  if (typeof message !== 'string' || message.trim() === '') return 'short_message is no text'
  if (typeof record['timestamp'] !== 'number') return 'timestamp is no number'
  const { level } = record
  if (typeof level !== 'number' || !Number.isInteger(level) || level < 0 || level > 7)
    return 'level is not 0 to 7'
  for (const [name, value] of Object.entries(record)) {
    if (['version', 'host', 'short_message', 'full_message', 'timestamp', 'level'].includes(name)) continue
    if (name === '_id') return '_id is reserved'
    if (!/^_[\w.-]+$/.test(name)) return `${name} is no name of a field`
    if (typeof value !== 'string' && typeof value !== 'number') return `${name} is neither text nor number`
  }
  return undefined
}
