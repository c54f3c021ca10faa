import { setTimeout as wait } from 'node:timers/promises'
import { houseBoard, houseRules, rulesYaml, serviceBoard, serviceRules } from '@keelson/observability'
import { requireServer } from '@keelson/testing'
import { describeService } from 'keelson/tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { definition } from '../../examples/video/delivery/src/service.ts'
import { selectorsOf } from '../../packages/observability/test/board-lint.ts'
import { type PrometheusProcess, type Sample, startPrometheus } from './prometheus-process.ts'
import { type ServiceProcess, startCatalog, startDelivery, until } from './service-process.ts'

/** What the example cannot show, by the name of its metric, and why. */
const exempt: Readonly<Record<string, string>> = {
  keelson_health_check_up: 'the example has no health check',
  keelson_config_source_up: 'the example runs without etcd',
  keelson_previous_exit_info: 'the example keeps no record of its lives',
  keelson_container_memory_limit_bytes: 'the test runs without a memory limit',
  kube_pod_container_status_restarts_total: 'from kube-state-metrics',
  kube_pod_container_status_last_terminated_reason: 'from kube-state-metrics',
}

/** How long Prometheus scrapes under traffic before it is asked, in milliseconds. */
const trafficMs = 30_000

const traceId = '0af7651916cd43dd8448eb211c80319c'
const kept = `00-${traceId}-b7ad6b7169203331-01`
// Its caller does not keep it: a link to it would lead nowhere.
const notKept = `00-1${traceId.slice(1)}-b7ad6b7169203331-00`
const prometheusProgram = requireServer('prometheus')
const rules = [...houseRules, ...serviceRules('delivery', 'delivery')]
const description = describeService(definition)
const boards = [
  houseBoard,
  serviceBoard('delivery', 'delivery', description.dependencies, description.metrics),
]
const stack = new AsyncDisposableStack()
let prometheus: PrometheusProcess
let delivery: ServiceProcess

beforeAll(async () => {
  if (!prometheusProgram.available) return
  const catalog = stack.use(await startCatalog({ CATALOG__DELAY: '0' }))
  delivery = stack.use(await startDelivery(catalog.url, { METRICS__EXEMPLARS: 'true' }))
  const targets = {
    catalog: new URL(catalog.opsUrl).host,
    delivery: new URL(delivery.opsUrl).host,
  }
  prometheus = stack.use(
    await startPrometheus(prometheusProgram.path ?? 'prometheus', targets, {
      'keelson.rules.yaml': rulesYaml(rules),
    }),
  )
  stack.use(startTraffic(delivery.url))
  await wait(trafficMs)
}, 120_000)

afterAll(() => stack.disposeAsync())

/** Requests until it is disposed of: rates are of the last ten seconds, and tests take a while. */
function startTraffic(url: string): AsyncDisposable {
  const stop = new AbortController()
  const send = async () => {
    for (let index = 0; !stop.signal.aborted; index++) {
      // Ids beyond the catalog's and paths without a route belong to traffic.
      const sent = fetch(`${url}/${index % 10 === 0 ? 'nothing' : 'videos'}/${index % 30}`, {
        headers: { traceparent: index % 2 === 0 ? kept : notKept },
        ...(index % 10 === 0 ? { method: 'POST', body: 'a body' } : {}),
      })
      // The last test stops the service.
      await sent.then((answer) => answer.arrayBuffer()).catch(() => undefined)
      await wait(20)
    }
  }
  const sending = send()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await sending
    },
  }
}

function isExempt(expr: string): boolean {
  return selectorsOf(expr).some((selector) => Object.hasOwn(exempt, selector.split('{')[0] ?? ''))
}

/** A query as Grafana would send it for these jobs. */
function filledIn(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '10s')
    .replaceAll('$job', 'catalog|delivery')
    .replaceAll('$instance', '.+')
}

/** Queries that give nothing to draw. */
async function emptyQueries(exprs: readonly string[]): Promise<readonly string[]> {
  const results = await Promise.all(
    exprs.map(async (expr) => [expr, await prometheus.query(filledIn(expr))] as const),
  )
  return results.filter(([, samples]) => !samples.some(isNumber)).map(([expr]) => expr)
}

function isNumber({ value: [, value] }: Sample): boolean {
  return !Number.isNaN(Number(value))
}

/** Selectors that no series fits. */
async function unmatchedSelectors(exprs: readonly string[]): Promise<readonly string[]> {
  const selectors = [...new Set(exprs.flatMap(selectorsOf))].filter((selector) => !isExempt(selector))
  const results = await Promise.all(
    selectors.map(async (selector) => [selector, await prometheus.query(selector)] as const),
  )
  return results.filter(([, samples]) => samples.length === 0).map(([selector]) => selector)
}

function renamed(exprs: readonly string[]): readonly string[] {
  return exprs.map((expr) => expr.replaceAll('http_requests_total', 'http_request_count'))
}

const panelQueries = boards.flatMap(({ rows }) =>
  rows.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))),
)
const ruleQueries = rules.flatMap((group) => group.rules.map(({ expr }) => expr))

describe.skipIf(!prometheusProgram.available)(
  'a real Prometheus that scrapes the example under traffic',
  () => {
    it('takes every page as OpenMetrics', async () => {
      const up = async () =>
        (await prometheus.query('up')).map(({ metric, value }) => `${metric['job']} ${value[1]}`).toSorted()
      await expect.poll(up).toEqual(['catalog 1', 'delivery 1'])
      // Only OpenMetrics names a counter without its `_total`.
      expect(await prometheus.api('metadata', { metric: 'http_requests' })).toHaveProperty('http_requests')
      // Every second one at least, of one a second: a busy machine may take longer than that for one, which is then given up.
      expect(await prometheus.query('min(avg_over_time(up[1m])) > 0.5')).toHaveLength(1)
    })

    it('gives data to every query of every panel', async () => {
      const exprs = panelQueries.filter((expr) => !isExempt(expr))
      // A scrape that a busy machine has missed leaves a rate of ten seconds without its points for a while.
      await expect.poll(() => emptyQueries(exprs), { timeout: 60_000, interval: 1_000 }).toEqual([])
      expect(panelQueries.length - exprs.length).toBeLessThanOrEqual(boards.length * 4)
    })

    it('has the panel of a metric that the service has for itself', () => {
      expect(panelQueries.filter((expr) => expr.includes('videos_served_total'))).toHaveLength(1)
    })

    it('has a series for every selector of every rule', async () => {
      await expect
        .poll(() => unmatchedSelectors(ruleQueries), { timeout: 60_000, interval: 1_000 })
        .toEqual([])
    })

    it('has none for a metric that was renamed, which shows that both look', async () => {
      expect(await emptyQueries(renamed(panelQueries.filter((expr) => !isExempt(expr))))).not.toEqual([])
      expect(await unmatchedSelectors(renamed(ruleQueries))).not.toEqual([])
    })

    it('evaluates every rule, and none fires while nothing is wrong', async () => {
      const { groups } = (await prometheus.api('rules')) as {
        groups: readonly { rules: readonly { name: string; health: string; state?: string }[] }[]
      } // as its API is documented
      const all = groups.flatMap((group) => group.rules)
      expect(all).toHaveLength(ruleQueries.length)
      expect(all.filter(({ health }) => health !== 'ok')).toEqual([])
      expect(all.filter(({ state }) => state === 'firing').map(({ name }) => name)).toEqual([])
    })

    it('keeps the trace that a bucket leads to', async () => {
      const now = Date.now() / 1_000
      const data = await prometheus.api('query_exemplars', {
        query: 'http_request_duration_seconds_bucket{job="delivery",route="/videos/:id"}',
        start: String(now - 300),
        end: String(now),
      })
      const series = data as readonly { exemplars: readonly { labels: object; value: string }[] }[] // as its API is documented
      expect(series.length).toBeGreaterThan(0)
      for (const { labels, value } of series.flatMap(({ exemplars }) => exemplars)) {
        expect(labels).toEqual({ trace_id: traceId })
        expect(Number(value)).toBeGreaterThan(0)
      }
      // The catalog takes the same traces, and has exemplars switched off.
      expect(
        await prometheus.api('query_exemplars', {
          query: 'http_request_duration_seconds_bucket{job="catalog"}',
          start: String(now - 300),
          end: String(now),
        }),
      ).toEqual([])
    })

    it('sees at once that a replica has gone', async () => {
      delivery.process.signal('SIGTERM')
      // Pending: the alert itself waits for five minutes.
      const alerts = 'ALERTS{alertname="KeelsonTargetDown",job="delivery",alertstate="pending"}'
      await until(async () => (await prometheus.query(alerts)).length === 1, 'the alert')
    })
  },
)
