import { showText } from '../../terminal.ts'
import { skip, verdict, type Check, type Verdict } from '../check.ts'
import type { RequestIdEvidence } from '../evidence.ts'
import { headerOf } from '../http-call.ts'

const group = 'request-id'
/** Fewer characters than that collide within a day of a busy service. */
const MIN_LENGTH = 16
const header = 'x-request-id'

/** Checks of the id that follows a request through all services (DESIGN §3.4). */
export const requestIdChecks: readonly Check[] = [
  {
    id: 'request-id.echoed',
    group,
    title: 'a supplied x-request-id is echoed, on errors too',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: false,
    needsRequests: true,
    reason: 'The caller finds the lines of a request only by an id that both sides know.',
    remedy: 'Take x-request-id from the request and send it with every answer, 404 and 500 included.',
    judge: ({ blackBox: { requestIds, unknown, error, suppliedId } }) => {
      const good = requestIds[0]
      const results = [
        ...(good === undefined ? [] : [{ what: 'the sample', sent: good.sent, result: good.result }]),
        { what: 'an unknown path', sent: suppliedId, result: unknown },
        ...(error === undefined ? [] : [{ what: 'the error path', sent: suppliedId, result: error }]),
      ]
      return verdict(
        results.flatMap(({ what, sent, result }) =>
          result.kind === 'answer' && headerOf(result, header) === sent
            ? []
            : [
                `${what}: sent ${sent}, got ${result.kind === 'answer' ? `"${showText(headerOf(result, header))}"` : result.code}`,
              ],
        ),
      )
    },
  },
  {
    id: 'request-id.generated',
    group,
    title: 'a request without an id gets one of 16 characters or more',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: false,
    needsRequests: true,
    reason: 'The first service that a request reaches must name it.',
    remedy: 'Make a UUID where x-request-id is absent.',
    judge: (evidence) =>
      judgeCases(
        evidence.blackBox.requestIds,
        ({ sent }) => sent === undefined,
        ({ got }) => (got.length >= MIN_LENGTH ? undefined : `got "${showText(got)}"`),
      ),
  },
  {
    id: 'request-id.invalid-replaced',
    group,
    title: 'an id that is not safe is replaced, never reflected',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: false,
    needsRequests: true,
    reason:
      'The id is written into logs, headers and pages; quotes, markup and endless ids are how somebody writes into them too.',
    remedy:
      'Accept what matches ^[A-Za-z0-9][A-Za-z0-9._:@/+=-]{0,127}$ and make a new id for everything else.',
    judge: (evidence) =>
      judgeCases(
        evidence.blackBox.requestIds.slice(1),
        ({ sent }) => sent !== undefined,
        ({ sent = '', got, body, status }) => {
          // A server that refuses the request has not used the id.
          if (status === 400 || status === 431) return undefined
          if (got === sent.trim()) return 'came back as it was'
          return body.includes(sent) ? 'stands in the body of the answer' : undefined
        },
      ),
  },
  {
    id: 'request-id.logged',
    group,
    title: 'the id stands in the access record of its request',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: true,
    needsRequests: true,
    reason: 'An id that is echoed and not logged leads nowhere.',
    remedy: 'Bind the id to the context of the request, so that every line written for it carries it.',
    judge: ({ life, blackBox: { requestIds, suppliedId, unknown } }) => {
      if (life === undefined) return skip('needs the process')
      if (unknown.kind === 'failure' || headerOf(unknown, header) !== suppliedId)
        return skip('request-id.echoed tells of it')
      const ids = [suppliedId, requestIds[0]?.sent].flatMap((id) => id ?? [])
      return verdict(
        ids
          .filter((id) => !life.lines.some(({ text }) => text.includes(id)))
          .map((id) => `no line holds ${id}`),
      )
    },
  },
]

interface Case {
  readonly sent: string | undefined
  readonly got: string
  readonly body: string
  readonly status: number
}

function judgeCases(
  cases: readonly RequestIdEvidence[],
  fits: (one: RequestIdEvidence) => boolean,
  problemOf: (one: Case) => string | undefined,
): Verdict {
  return verdict(
    cases.filter(fits).flatMap(({ what, sent, result }) => {
      if (result.kind === 'failure') return [`${what}: no answer (${result.code})`]
      const problem = problemOf({
        sent,
        got: headerOf(result, header),
        body: result.body,
        status: result.status,
      })
      return problem === undefined ? [] : [`${what}: ${problem}`]
    }),
  )
}
