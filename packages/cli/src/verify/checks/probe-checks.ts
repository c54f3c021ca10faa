import { showDuration } from '../../duration.ts'
import { skip, verdict, type Check, type Verdict } from '../check.ts'
import type { Contract } from '../contract.ts'
import type { Evidence, ProbeEvidence } from '../evidence.ts'
import { headerOf, showResult, type HttpAnswer } from '../http-call.ts'
import { parseRecord } from './log-record.ts'

const group = 'probes'
// The kubelet keeps 10 KiB of a probe's body, and puts it into events when it fails.
const MAX_BODY_BYTES = 4096
/** 160 and more probes are asked in a run; some lines about them may be about something else. */
const MAX_PROBE_LINES = 10

/** Checks of liveness and readiness while the service is in normal life. */
export const probeChecks: readonly Check[] = [
  {
    id: 'probes.liveness',
    group,
    title: 'liveness answers 200',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason: 'Kubernetes restarts a container whose liveness probe fails three times.',
    remedy:
      'Answer GET on the liveness path with 200 as long as the process can still work; name the path in the contract (paths.liveness).',
    judge: ({ blackBox }) => statusVerdict(blackBox.liveness),
  },
  {
    id: 'probes.readiness',
    group,
    title: 'readiness answers 200',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason: 'A pod whose readiness probe fails gets no traffic.',
    remedy:
      'Answer GET on the readiness path with 200 once the service can take requests; name the path in the contract (paths.readiness).',
    judge: ({ blackBox }) => statusVerdict(blackBox.readiness),
  },
  {
    id: 'probes.json',
    group,
    title: 'probes answer with JSON',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: false,
    reason: 'Scripts and people read the body to learn what is down; one form for all services.',
    remedy: 'Send content-type: application/json and a JSON body.',
    judge: eachProbe((answer) => {
      if (!/^application\/([\w.-]+\+)?json\b/i.test(headerOf(answer, 'content-type')))
        return `has content-type "${headerOf(answer, 'content-type')}"`
      return isJson(answer.body) ? undefined : 'has a body that is no JSON'
    }),
  },
  {
    id: 'probes.no-store',
    group,
    title: 'probes forbid caches to keep them',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: false,
    reason: 'A probe answered by a cache says how the service was, not how it is.',
    remedy: 'Send cache-control: no-store with every answer of the operations endpoints.',
    judge: eachProbe((answer) =>
      /\bno-store\b/i.test(headerOf(answer, 'cache-control'))
        ? undefined
        : `has cache-control "${headerOf(answer, 'cache-control')}"`,
    ),
  },
  {
    id: 'probes.fast',
    group,
    title: 'probes answer quickly, every time',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason:
      'A probe that looks at dependencies takes as long as they do, and turns one slow dependency into restarts of all who use it.',
    remedy:
      'Answer probes from memory; look at dependencies in the background. limits.probe in the contract sets another bound.',
    judge: (evidence, contract) => fastVerdict(evidence, contract),
  },
  {
    id: 'probes.small',
    group,
    title: 'bodies of probes are small',
    levels: { keelson: 'warning', generic: 'warning' },
    needsProcess: false,
    reason: 'Probes are asked for years, every few seconds, by every kubelet and balancer.',
    remedy: 'Answer with a status and the names of what is down; put details on a page of their own.',
    judge: eachProbe((answer) => {
      const bytes = Buffer.byteLength(answer.body)
      return bytes < MAX_BODY_BYTES
        ? undefined
        : `has a body of ${bytes} bytes, not less than ${MAX_BODY_BYTES}`
    }),
  },
  {
    id: 'probes.head',
    group,
    title: 'probes answer HEAD too',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: false,
    reason: 'Some balancers and uptime monitors ask with HEAD.',
    remedy: 'Answer HEAD with the status and headers of GET.',
    judge: ({ blackBox: { liveness, readiness } }) => {
      const probes = working(liveness, readiness)
      if (probes.length === 0) return skip('no probe answers 200')
      return verdict(
        probes.flatMap(({ path, head }) =>
          head.kind === 'answer' && head.status === 200 ? [] : [`HEAD ${path}: ${showResult(head)}`],
        ),
      )
    },
  },
  {
    id: 'probes.unknown-path',
    group,
    title: 'an unknown operations path is 404',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason: 'Where every path answers 200, a probe with a typing error passes for ever.',
    remedy: 'Answer 404 for paths that are not yours.',
    judge: ({ blackBox: { opsUnknown } }) => {
      if (opsUnknown.kind === 'failure') return skip('the operations port does not answer')
      return verdict(
        opsUnknown.status >= 400 && opsUnknown.status < 500
          ? []
          : [`an unknown path: ${showResult(opsUnknown)}`],
      )
    },
  },
  {
    id: 'probes.quiet',
    group,
    title: 'probes are not logged at level info',
    levels: { keelson: 'warning', generic: 'off' },
    needsProcess: true,
    reason: 'Probe lines outnumber all others of a quiet service and are paid for like them.',
    remedy: 'Leave probes out of the access log, or log them at level debug.',
    judge: ({ life, blackBox: { liveness, readiness } }) => {
      const paths = [liveness, readiness].flatMap((probe) => (probe === undefined ? [] : [probe.path]))
      const lines = (life?.lines ?? []).filter(({ text }) => {
        const level = parseRecord(text)?.['level']
        return paths.some((path) => text.includes(path)) && !(typeof level === 'number' && level >= 7)
      })
      return verdict(
        lines.length > MAX_PROBE_LINES ? [`${lines.length} lines name ${paths.join(' or ')}`] : [],
      )
    },
  },
]

function statusVerdict(probe: ProbeEvidence | undefined): Verdict {
  if (probe === undefined) return skip('the contract names no such path')
  return verdict(
    probe.get.kind === 'answer' && probe.get.status === 200
      ? []
      : [`GET ${probe.path}: ${showResult(probe.get)}`],
  )
}

/** Probes that answer 200: what else they lack is the matter of other checks. */
function working(...probes: readonly (ProbeEvidence | undefined)[]): readonly ProbeEvidence[] {
  return probes
    .filter((probe) => probe?.get.kind === 'answer' && probe.get.status === 200)
    .flatMap((probe) => probe ?? [])
}

function eachProbe(problemOf: (answer: HttpAnswer) => string | undefined): Check['judge'] {
  return ({ blackBox: { liveness, readiness } }) => {
    const probes = working(liveness, readiness)
    if (probes.length === 0) return skip('no probe answers 200')
    return verdict(
      probes.flatMap(({ path, get }) => {
        const problem = get.kind === 'answer' ? problemOf(get) : undefined
        return problem === undefined ? [] : [`${path} ${problem}`]
      }),
    )
  }
}

function fastVerdict({ blackBox: { liveness, readiness } }: Evidence, { limits }: Contract): Verdict {
  const probes = working(liveness, readiness)
  if (probes.length === 0) return skip('no probe answers 200')
  return verdict(
    probes.flatMap(({ path, bestRoundMs, failureCount }) => {
      if (failureCount > 0)
        return [`${path} gave no answer within 2 s, or none at all, ${failureCount} times`]
      return bestRoundMs < limits.probeMs
        ? []
        : [
            `${path} took up to ${showDuration(bestRoundMs)} in the best of three rounds of 50, not less than ${showDuration(limits.probeMs)}`,
          ]
    }),
  )
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
