import { showText } from '../../terminal.ts'
import { skip, verdict, type Check } from '../check.ts'
import type { BlackBoxEvidence, Evidence } from '../evidence.ts'
import { headerOf, type HttpResult } from '../http-call.ts'

/** The same as the heap self-check of the chassis: the rest of the limit is for buffers, stacks and code. */
const MAX_HEAP_RATIO = 0.8

/** Checks of secrets, of what is shown to strangers, and of limits. */
export const postureChecks: readonly Check[] = [
  {
    id: 'config.canary',
    group: 'config',
    title: 'a secret from the environment appears nowhere',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: true,
    reason: 'What is on a page or in a line once is in backups, dashboards and tickets for ever.',
    remedy:
      'Mask secrets by name before they reach a log or a page. start.secretEnv in the contract names the variables that were planted.',
    judge: ({ life, blackBox }) => {
      if (life === undefined) return skip('needs the process')
      const lines = life.lines.filter(({ text }) => text.includes(life.canary)).length
      const pages = pagesOf(blackBox).filter(
        ({ result }) =>
          result.kind === 'answer' && `${result.body}${JSON.stringify(result.headers)}`.includes(life.canary),
      )
      return verdict([
        ...(lines === 0 ? [] : [`${lines} log lines hold the planted secret`]),
        ...pages.map(({ where }) => `${where} holds the planted secret`),
      ])
    },
  },
  {
    id: 'config.version',
    group: 'config',
    title: 'a metric tells which configuration is in force',
    levels: { keelson: 'warning', generic: 'off' },
    needsProcess: false,
    reason:
      'Two pods that behave differently often have two configurations; the digest shows it at a glance.',
    remedy: 'Expose an info metric whose name holds "config" and ends with _info, with the digest as label.',
    judge: (evidence) => {
      const names = metricNames(evidence)
      if (names === undefined) return skip('metrics.served tells of it')
      return verdict(names.some((name) => /config.*_info$/.test(name)) ? [] : ['no metric config…_info'])
    },
  },
  {
    id: 'security.ops-apart',
    group: 'security',
    title: 'operations endpoints are not on the public port',
    levels: { keelson: 'error', generic: 'warning' },
    needsProcess: false,
    needsRequests: true,
    reason: 'Metrics and configuration tell strangers versions, routes and load.',
    remedy: 'Serve probes and metrics on a port that the ingress does not lead to.',
    judge: ({ blackBox: { opsOnService } }) => {
      if (opsOnService.length === 0) return skip('they share the port of the service, by contract')
      return verdict(
        opsOnService.flatMap(({ path, result }) =>
          result.kind === 'answer' && result.status < 400
            ? [`${path} answers ${result.status} on the port of the service`]
            : [],
        ),
      )
    },
  },
  {
    id: 'security.powered-by',
    group: 'security',
    title: 'no header says what the service is built with',
    levels: { keelson: 'error', generic: 'warning' },
    needsProcess: false,
    reason: 'It tells scanners which holes to try.',
    remedy: 'Switch x-powered-by off (Express: app.disable("x-powered-by")).',
    judge: ({ blackBox }) => {
      const found = answersOf(blackBox).flatMap(({ where, result }) => {
        const value = result.kind === 'answer' ? headerOf(result, 'x-powered-by') : ''
        return value === '' ? [] : [`${where}: x-powered-by: ${showText(value)}`]
      })
      return verdict(found.slice(0, 1))
    },
  },
  {
    id: 'security.no-stack',
    group: 'security',
    title: 'no answer shows a stack trace',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason: 'Traces tell strangers paths, libraries and versions, and help no caller.',
    remedy:
      'Answer with a short problem and the request id; write the trace to the log. In Express set NODE_ENV=production or an error handler.',
    judge: ({ blackBox }) =>
      verdict(
        answersOf(blackBox).flatMap(({ where, result }) =>
          result.kind === 'answer' &&
          /(?:^|\n|\\n|<br>|&nbsp;)\s*(?:&nbsp;)*at .{1,200}?[:(].{1,300}?:\d+:\d+/.test(result.body)
            ? [`${where} (${result.status}) holds a stack trace`]
            : [],
        ),
      ),
  },
  {
    id: 'security.problem',
    group: 'security',
    title: 'errors are problem documents with the request id',
    levels: { keelson: 'error', generic: 'off' },
    needsProcess: false,
    needsRequests: true,
    reason:
      'One form for all errors (RFC 9457) can be read by one piece of code, and the id leads to the log.',
    remedy: 'Answer errors with content-type: application/problem+json and the member requestId.',
    judge: ({ blackBox: { unknown, error, suppliedId } }) => {
      const answers = [
        { where: 'an unknown path', result: unknown },
        ...(error === undefined ? [] : [{ where: 'the error path', result: error }]),
      ]
      return verdict(
        answers.flatMap(({ where, result }) => {
          if (result.kind === 'failure') return [`${where}: no answer (${result.code})`]
          if (!/^application\/problem\+json\b/i.test(headerOf(result, 'content-type')))
            return [
              `${where} (${result.status}) has content-type "${showText(headerOf(result, 'content-type'))}"`,
            ]
          // Whether the id is taken over is the matter of request-id.echoed.
          const id = headerOf(result, 'x-request-id') || suppliedId
          return result.body.includes(id) ? [] : [`${where} (${result.status}) does not hold the request id`]
        }),
      )
    },
  },
  {
    id: 'limits.heap',
    group: 'limits',
    title: 'the heap limit is at most 80 % of the memory limit',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason:
      'A heap that may grow beyond the container ends in a kill without a line; one that may not ends in a fatal report that can be logged and counted.',
    remedy:
      'Start Node with --max-old-space-size-percentage, or --max-old-space-size below 80 % of the limit. limits.memoryBytes in the contract is the limit.',
    judge: ({ blackBox }, { limits: { memoryBytes } }) => {
      if (memoryBytes === undefined) return skip('the contract names no limits.memoryBytes')
      const heap = blackBox.metrics?.exposition?.families.find(
        ({ name }) => name === 'nodejs_heap_size_limit_bytes',
      )?.samples[0]?.value
      if (heap === undefined) return skip('no metric nodejs_heap_size_limit_bytes')
      const ratio = heap / memoryBytes
      return verdict(
        ratio <= MAX_HEAP_RATIO
          ? []
          : [
              `the heap may grow to ${Math.round(heap / 2 ** 20)} MiB, ${Math.round(ratio * 100)} % of ${Math.round(memoryBytes / 2 ** 20)} MiB`,
            ],
      )
    },
  },
  {
    id: 'limits.event-loop',
    group: 'limits',
    title: 'a metric tells the delay of the event loop',
    levels: { keelson: 'warning', generic: 'off' },
    needsProcess: false,
    reason: 'A blocked event loop is the most common way for a Node service to be up and useless.',
    remedy: 'Expose nodejs_eventloop_lag_p99_seconds (perf_hooks.monitorEventLoopDelay).',
    judge: (evidence) => {
      const names = metricNames(evidence)
      if (names === undefined) return skip('metrics.served tells of it')
      return verdict(
        names.some((name) => /eventloop.*p99|event_loop.*p99/.test(name))
          ? []
          : ['no metric of the 99th percentile of the event loop delay'],
      )
    },
  },
]

interface Located {
  readonly where: string
  readonly result: HttpResult
}

/** What strangers can get from the service. */
function answersOf({ sample, unknown, error, malformed, opsUnknown }: BlackBoxEvidence): readonly Located[] {
  return [
    { where: 'the sample', result: sample },
    { where: 'an unknown path', result: unknown },
    ...(error === undefined ? [] : [{ where: 'the error path', result: error }]),
    { where: 'a body that is no JSON', result: malformed },
    { where: 'an unknown operations path', result: opsUnknown },
  ]
}

function pagesOf(blackBox: BlackBoxEvidence): readonly Located[] {
  const { liveness, readiness, metrics, pages } = blackBox
  return [
    ...answersOf(blackBox),
    ...pages,
    ...[liveness, readiness].flatMap((probe) =>
      probe === undefined ? [] : [{ where: probe.path, result: probe.get }],
    ),
    ...(metrics === undefined ? [] : [{ where: 'the metrics', result: metrics.text }]),
  ]
}

function metricNames({ blackBox: { metrics } }: Evidence): readonly string[] | undefined {
  const exposition = metrics?.exposition
  return exposition === undefined || exposition.faults.length > 0
    ? undefined
    : exposition.families.map(({ name }) => name)
}
