import { randomBytes, randomUUID } from 'node:crypto'
import { parseExposition, type Exposition } from '../exposition/parse.ts'
import { seriesKey } from '../exposition/series.ts'
import type { Contract } from './contract.ts'
import type { BlackBoxEvidence, MetricsEvidence, ProbeEvidence, RequestIdEvidence } from './evidence.ts'
import { call, keepConnection, type HttpResult } from './http-call.ts'

/** Where a target listens. */
export interface Addresses {
  /** Without a slash at the end: `http://127.0.0.1:8080`. */
  readonly service: string
  /** Equal to `service` when probes and metrics are on the service's own port. */
  readonly ops: string
}

const ROUND_CALLS = 50
const MAX_ROUNDS = 3
/** Paths that no service knows; enough that one new series each stands out from what grows by itself. */
const UNKNOWN_PATHS = 20
/** Pages on which services show their configuration, asked only for the planted secret. */
const configurationPages = ['/config', '/info', '/env', '/actuator/env', '/actuator/configprops', '/debug']
const openMetricsType = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'

/**
 * Asks everything that can be asked from outside, in about 300 requests of which none changes anything.
 *
 * @param onStep told what is asked, for progress
 */
export async function collectBlackBox(
  { service, ops }: Addresses,
  contract: Contract,
  signal: AbortSignal,
  onStep: (step: string) => void,
): Promise<BlackBoxEvidence> {
  const { paths, limits } = contract
  const suppliedId = `verify-${randomUUID()}`
  onStep('answers of the service')
  // Where nobody serves requests each of these fails to connect, and no check looks at it.
  const sampleUrl = `${service}${paths.sample ?? '/'}`
  const sample = await call({ url: sampleUrl })
  const unknown = await call({
    url: `${service}${unknownPath()}`,
    headers: { 'x-request-id': suppliedId, accept: 'application/json' },
  })
  const error =
    paths.error === undefined
      ? undefined
      : await call({ url: `${service}${paths.error}`, headers: { 'x-request-id': suppliedId } })
  const malformed = await call({
    url: sampleUrl,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"broken',
  })
  onStep('request ids')
  const requestIds = await collectRequestIds(sampleUrl)
  onStep('probes')
  const liveness = await collectProbe(ops, paths.liveness, limits.probeMs, signal)
  const readiness = await collectProbe(ops, paths.readiness, limits.probeMs, signal)
  const opsUnknown = await call({ url: `${ops}${unknownPath()}` })
  const opsPaths = [paths.liveness, paths.readiness, paths.metrics].filter((path) => path !== undefined)
  const opsOnService =
    ops === service
      ? []
      : await Promise.all(
          opsPaths.map(async (path) => ({ path, result: await call({ url: `${service}${path}` }) })),
        )
  onStep('metrics')
  const metrics =
    paths.metrics === undefined
      ? undefined
      : await collectMetrics(`${ops}${paths.metrics}`, service, limits.scrapeMs, signal)
  const bases = ops === service ? [ops] : [ops, service]
  const pages = await Promise.all(
    bases.flatMap((base) =>
      configurationPages.map(async (path) => ({
        where: `${base}${path}`,
        result: await call({ url: `${base}${path}` }),
      })),
    ),
  )
  return {
    liveness,
    readiness,
    opsUnknown,
    sample,
    unknown,
    error,
    malformed,
    suppliedId,
    requestIds,
    opsOnService,
    metrics,
    pages,
  }
}

/** What tells that a service is ready: its readiness, or a path that answers, where it has none. */
export function readyUrl({ service, ops }: Addresses, { paths }: Contract): string {
  return paths.readiness === undefined ? `${service}${paths.sample ?? '/'}` : `${ops}${paths.readiness}`
}

async function collectRequestIds(url: string): Promise<readonly RequestIdEvidence[]> {
  const cases: readonly (readonly [what: string, sent: string | undefined])[] = [
    ['a good id', `verify-${randomUUID()}`],
    ['no id', undefined],
    ['an id of 200 characters', 'x'.repeat(200)],
    ['an id with quotes and a space', 'a" onclick="b'],
    ['an id with a tab', 'a\tb'],
    ['an id with markup', '<script>1</script>'],
  ]
  const evidence: RequestIdEvidence[] = []
  for (const [what, sent] of cases) {
    const result = await call({ url, headers: sent === undefined ? {} : { 'x-request-id': sent } })
    evidence.push({ sent, what, result })
  }
  return evidence
}

async function collectProbe(
  ops: string,
  path: string | undefined,
  limitMs: number,
  signal: AbortSignal,
): Promise<ProbeEvidence | undefined> {
  if (path === undefined) return undefined
  const url = `${ops}${path}`
  const get = await call({ url })
  const head = await call({ url, method: 'HEAD' })
  const { bestMs, failureCount } = await timeCalls(url, ROUND_CALLS, limitMs, signal)
  return { path, get, head, bestRoundMs: bestMs, failureCount }
}

/** Rounds of calls, one after another, until one is within the limit. */
async function timeCalls(
  url: string,
  callCount: number,
  limitMs: number,
  signal: AbortSignal,
): Promise<{ readonly bestMs: number; readonly failureCount: number }> {
  const connection = keepConnection(url)
  let bestMs = Infinity
  let failureCount = 0
  try {
    for (let round = 0; round < MAX_ROUNDS && bestMs >= limitMs && !signal.aborted; round++) {
      let slowestMs = 0
      for (let index = 0; index < callCount; index++) {
        const result = await call({ url, connection, timeoutMs: 2000 })
        if (result.kind === 'failure') failureCount++
        slowestMs = Math.max(slowestMs, result.durationMs)
        // A service that hangs has been judged by now; the rest would only cost time.
        if (failureCount > 2) return { bestMs: slowestMs, failureCount }
      }
      bestMs = Math.min(bestMs, slowestMs)
    }
  } finally {
    connection.close()
  }
  return { bestMs, failureCount }
}

async function collectMetrics(
  url: string,
  service: string,
  limitMs: number,
  signal: AbortSignal,
): Promise<MetricsEvidence> {
  // The first page may cost more, and the second may know of the first.
  await call({ url })
  const text = await call({ url, headers: { accept: 'text/plain;version=0.0.4' } })
  const openMetrics = await call({ url, headers: { accept: openMetricsType } })
  const { bestMs } = await timeCalls(url, 3, limitMs, signal)
  const exposition = expositionOf(text)
  const before = keysOf(expositionOf(await call({ url })))
  for (let index = 0; index < UNKNOWN_PATHS; index++) await call({ url: `${service}${unknownPath()}` })
  const after = keysOf(expositionOf(await call({ url })))
  const grownBy = [...after].filter((key) => !before.has(key)).length
  return { text, openMetrics, exposition, bestScrapeMs: bestMs, grownBy, unknownPathCount: UNKNOWN_PATHS }
}

function expositionOf(result: HttpResult): Exposition | undefined {
  return result.kind === 'answer' && result.status === 200 ? parseExposition(result.body) : undefined
}

function keysOf(exposition: Exposition | undefined): ReadonlySet<string> {
  return new Set((exposition?.families ?? []).flatMap(({ samples }) => samples.map(seriesKey)))
}

/** A path that no service knows, and that looks like no id: routes by pattern must not take it for one. */
function unknownPath(): string {
  const letters = [...randomBytes(10)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')
  return `/nope-${letters}`
}
