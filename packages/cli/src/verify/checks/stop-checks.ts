import { showDuration } from '../../duration.ts'
import { firstOf, skip, verdict, type Check, type Verdict } from '../check.ts'
import type { Evidence, LifeEvidence, StopEvidence } from '../evidence.ts'
import { showResult } from '../http-call.ts'
import { isUncaughtLine, parseRecord } from './log-record.ts'

const group = 'stop'
const UNREADY_WITHIN_MS = 1000

/** Checks of what happens from SIGTERM to the exit. */
export const stopChecks: readonly Check[] = [
  {
    id: 'stop.no-lost-request',
    group,
    title: 'no request is lost while load balancers have not heard of the stop',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: true,
    needsRequests: true,
    reason:
      'Kubernetes sends SIGTERM and takes the pod out of its balancers at the same time; for about a second requests still come. Each one that is refused or cut is an error of every roll-out.',
    remedy:
      'After SIGTERM turn unready, go on serving for a drain delay, then stop accepting and finish what is under way. stop.traffic in the contract says how long requests keep coming.',
    judge: stopped(({ load }) =>
      verdict(
        load.lost.length === 0
          ? []
          : [
              `${load.lost.length} of ${load.sentCount} requests lost`,
              ...firstOf(
                load.lost.map(
                  ({ atMs, connection, what }) => `${signed(atMs)} on a ${connection} connection: ${what}`,
                ),
              ),
            ],
      ),
    ),
  },
  {
    id: 'stop.readiness-falls',
    group,
    title: 'readiness is 503 within 1 s of SIGTERM',
    levels: { keelson: 'error', generic: 'warning' },
    needsProcess: true,
    reason: 'Balancers that ask for themselves learn only from readiness that they should go elsewhere.',
    remedy: 'Turn readiness to 503 first of all, while the service still answers.',
    judge: stopped(({ readiness }) => {
      if (readiness.length === 0) return skip('the contract names no path for readiness')
      const first = readiness.find(({ result }) => result.kind === 'answer' && result.status === 503)
      if (first === undefined) return verdict(['readiness never answered 503 after SIGTERM'])
      return verdict(first.atMs <= UNREADY_WITHIN_MS ? [] : [`the first 503 came ${signed(first.atMs)}`])
    }),
  },
  {
    id: 'stop.liveness-stays',
    group,
    title: 'liveness stays 200 while the service drains',
    levels: { keelson: 'error', generic: 'warning' },
    needsProcess: true,
    reason:
      'A liveness probe that fails during the drain makes the kubelet kill a pod that is finishing its work.',
    remedy: 'Let liveness say only whether the process can still work; a stop is not a failure.',
    judge: stopped(({ liveness }, { blackBox }) => {
      const usual = blackBox.liveness?.get
      if (usual === undefined) return skip('the contract names no path for liveness')
      if (blackBox.liveness?.path === blackBox.readiness?.path)
        return skip('liveness and readiness are one path, which must fall')
      if (usual.kind === 'failure' || usual.status !== 200) return skip('probes.liveness tells of it')
      const wrong = liveness.find(({ result }) => result.kind === 'answer' && result.status !== 200)
      return verdict(
        wrong === undefined ? [] : [`liveness ${showResult(wrong.result)} ${signed(wrong.atMs)}`],
      )
    }),
  },
  {
    id: 'stop.in-flight',
    group,
    title: 'a request under way at SIGTERM is answered',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: true,
    needsRequests: true,
    reason: 'What was accepted must be finished: the caller cannot know whether it was done.',
    remedy:
      'Wait for requests under way before closing what they need and exiting. paths.slow in the contract names a path that takes long enough.',
    judge: stopped(({ slow }) => {
      if (slow === undefined) return skip('the contract names no paths.slow')
      if (slow.endedBeforeSignal)
        return skip('the slow path was answered before the signal; it must take 0.3 s or more')
      return verdict(
        slow.result.kind === 'answer' && slow.result.status < 500
          ? []
          : [`the slow request: ${showResult(slow.result)}`],
      )
    }),
  },
  {
    id: 'stop.connection-close',
    group,
    title: 'answers on kept connections say connection: close while it drains',
    levels: { keelson: 'error', generic: 'warning' },
    needsProcess: true,
    needsRequests: true,
    reason: 'A balancer that keeps its connection sends the next request into a closing socket.',
    remedy: 'Send connection: close with every answer after SIGTERM.',
    judge: stopped(({ load: { lateKeptCount, lateClosedCount } }) => {
      if (lateKeptCount === 0) return skip('no answer came later than 250 ms after SIGTERM')
      return verdict(
        lateClosedCount === lateKeptCount
          ? []
          : [
              `${lateKeptCount - lateClosedCount} of ${lateKeptCount} answers later than 250 ms after SIGTERM kept their connection open`,
            ],
      )
    }),
  },
  {
    id: 'stop.in-time',
    group,
    title: 'the process ends within the grace period',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: true,
    reason: 'After terminationGracePeriodSeconds Kubernetes kills the process with all that it was doing.',
    remedy:
      'Handle SIGTERM: as first process of a container it is ignored without a handler, and `npm start` or `sh -c` do not pass it on. Bound every closer.',
    judge: (evidence, contract) => {
      const stop = evidence.life?.stop
      if (stop === undefined) return skip('the stop was not watched')
      return verdict(
        stop.exit === undefined
          ? [`it still ran ${showDuration(contract.stop.graceMs)} after SIGTERM and was killed`]
          : [],
      )
    },
  },
  {
    id: 'stop.exit-code',
    group,
    title: 'the process ends with exit code 0',
    levels: { keelson: 'error', generic: 'warning' },
    needsProcess: true,
    reason:
      'Every stop that ends with another code looks like a crash: in events, in alerts, and to Jobs, which run again.',
    remedy: 'Handle SIGTERM and exit with 0 when everything was given back.',
    judge: (evidence) => {
      const exit = evidence.life?.stop?.exit
      if (exit === undefined) return skip('stop.in-time tells of it')
      if (uncaughtLines(evidence).length > 0) return skip('stop.no-rejection tells of it')
      return verdict(exit.code === 0 ? [] : [`it ended by ${exit.signal ?? `exit code ${exit.code}`}`])
    },
  },
  {
    id: 'stop.second-signal',
    group,
    title: 'a second SIGTERM does not make it hang',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: true,
    reason:
      'People press Ctrl-C twice, and supervisors repeat themselves; the second signal must not undo the stop.',
    remedy: 'End at once on the second signal, or ignore it and finish the stop.',
    judge: ({ life }) => {
      const second = life?.secondSignal
      if (second === undefined) return skip('the second signal was not tried')
      if (life?.stop?.exit === undefined) return skip('stop.in-time tells of it')
      if (!second.wasRunning) return skip('it had ended before a second signal could be sent')
      return verdict(
        second.end === undefined
          ? [`it still ran ${showDuration(second.withinMs)} after the second SIGTERM and was killed`]
          : [],
      )
    },
  },
  {
    id: 'stop.logged',
    group,
    title: 'the log tells of the begin and the end of the stop',
    levels: { keelson: 'warning', generic: 'off' },
    needsProcess: true,
    reason: 'Without the two records nobody can tell a stop from a kill, nor how long it took.',
    remedy: 'Write one record when the signal arrives and one when everything is closed.',
    judge: ({ life }) => {
      const stop = life?.stop
      if (life === undefined || stop === undefined) return skip('the stop was not watched')
      if (stop.exit === undefined) return skip('stop.in-time tells of it')
      const records = life.lines.filter(({ at, text }) => at >= stop.signalAt && !isAccess(text))
      return verdict(
        records.length >= 2 ? [] : [`${records.length} records after SIGTERM, access records left out`],
      )
    },
  },
  {
    id: 'stop.no-rejection',
    group,
    title: 'nothing goes uncaught while it stops',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: true,
    reason:
      'A rejection during the stop ends it half-way: what was not closed yet stays open, what was not written is lost.',
    remedy: 'Await every closer and handle its failure.',
    judge: (evidence) => {
      if (evidence.life?.stop === undefined) return skip('the stop was not watched')
      return verdict(firstOf(uncaughtLines(evidence), 3))
    },
  },
]

function stopped(judge: (stop: StopEvidence, evidence: Evidence) => Verdict): Check['judge'] {
  return (evidence) => {
    const stop = evidence.life?.stop
    return stop === undefined ? skip('the stop was not watched') : judge(stop, evidence)
  }
}

function uncaughtLines({ life }: Evidence): readonly string[] {
  return linesAfterSignal(life).filter(isUncaughtLine)
}

function linesAfterSignal(life: LifeEvidence | undefined): readonly string[] {
  const stop = life?.stop
  return stop === undefined
    ? []
    : (life?.lines ?? []).filter(({ at }) => at >= stop.signalAt).map(({ text }) => text)
}

/** An access record, by the fields that such records have in the field: ours, pino-http's, morgan's. */
function isAccess(text: string): boolean {
  const record = parseRecord(text)
  if (record === undefined) return /"?(?:GET|POST|HEAD) \/\S* ?(?:HTTP\/|\d{3})/.test(text)
  return '_method' in record || 'req' in record || 'method' in record
}

function signed(atMs: number): string {
  return atMs < 0 ? `${showDuration(-atMs)} before SIGTERM` : `${showDuration(atMs)} after SIGTERM`
}
