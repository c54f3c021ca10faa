import { skip, verdict, type Check } from '../check.ts'
import { showResult } from '../http-call.ts'
import { parseRecord } from './log-record.ts'

const group = 'start'
/** Syslog severities 0 to 3: emergency to error. */
const FATAL_LEVEL = 3

/** Checks of the start, and of a start that cannot succeed. */
export const startChecks: readonly Check[] = [
  {
    id: 'start.readiness-before',
    group,
    title: 'readiness is refused or 503 until the first 200, and never hangs',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: true,
    reason:
      'A port that takes connections and does not answer, or answers 200 too early, gets traffic that is lost.',
    remedy: 'Listen when there is something to say: 503 while starting, 200 when started.',
    judge: ({ life }) => {
      if (life === undefined) return skip('needs the process')
      const wrong = life.start.before.filter((result) =>
        result.kind === 'failure' ? result.code === 'TIMEOUT' && result.connected : result.status !== 503,
      )
      const kinds = [...new Set(wrong.map(showResult))]
      return verdict(wrong.length === 0 ? [] : [`before it was ready, readiness gave: ${kinds.join(', ')}`])
    },
  },
  {
    id: 'start.broken-config',
    group,
    title: 'a wrong configuration ends the start, with an exit code other than 0',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: true,
    reason:
      'A service that starts with a value that it cannot use fails later, for a reason that nobody sees.',
    remedy:
      'Validate the configuration before listening and exit with a code of your own (78 is EX_CONFIG). start.brokenEnv in the contract says what is wrong in this test.',
    judge: ({ life }) => {
      const broken = life?.broken
      if (broken === undefined) return skip('the contract names no start.brokenEnv')
      if (broken.becameReady) return verdict([`with ${broken.variables} it became ready`])
      if (broken.end === undefined)
        return verdict([`with ${broken.variables} it neither became ready nor ended`])
      if (broken.end.signal !== null)
        return verdict([`with ${broken.variables} it died by ${broken.end.signal}`])
      return verdict(broken.end.code === 0 ? [`with ${broken.variables} it ended with exit code 0`] : [])
    },
  },
  {
    id: 'start.fatal-record',
    group,
    title: 'a wrong configuration is told in exactly one fatal log record',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: true,
    reason: 'The record is all that a person finds of a container that does not start.',
    remedy:
      'Write one record of level 3 or more severe that names the key, the value and the remedy, then exit.',
    judge: ({ life }) => {
      const broken = life?.broken
      if (broken === undefined) return skip('the contract names no start.brokenEnv')
      if (broken.end === undefined || broken.becameReady || broken.end.code === 0)
        return skip('start.broken-config tells of it')
      const fatal = broken.lines.filter(({ text }) => {
        const level = parseRecord(text)?.['level']
        return typeof level === 'number' && level <= FATAL_LEVEL
      })
      return verdict(fatal.length === 1 ? [] : [`${fatal.length} records of level 0 to ${FATAL_LEVEL}`])
    },
  },
]
