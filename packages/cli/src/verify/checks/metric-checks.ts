import { showDuration } from '../../duration.ts'
import { checkMetricNames } from '../../exposition/naming.ts'
import type { Exposition } from '../../exposition/parse.ts'
import { checkHistograms, findDuplicates, seriesKey } from '../../exposition/series.ts'
import { showText } from '../../terminal.ts'
import { firstOf, skip, verdict, type Check, type Verdict } from '../check.ts'
import type { MetricsEvidence } from '../evidence.ts'
import { headerOf, showResult, type HttpResult } from '../http-call.ts'

const group = 'metrics'
const MAX_SERIES = 200
const MAX_LABELS = 8
const MAX_PAGE_BYTES = 1024 * 1024

/** Values of labels that are one per request, user or thing: every one is a series that Prometheus keeps. */
const unboundedValues: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a UUID', /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i],
  ['an e-mail address', /^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i],
  ['a URL with a query', /^[^\s?]*\/[^\s?]*\?\S*=/],
]

/** Checks of the page that Prometheus scrapes. */
export const metricChecks: readonly Check[] = [
  {
    id: 'metrics.served',
    group,
    title: 'the metrics page answers 200 in the text format 0.0.4',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason: 'Prometheus 3 refuses a page whose content type it does not know.',
    remedy:
      'Send content-type: text/plain; version=0.0.4; charset=utf-8; name the path in the contract (paths.metrics).',
    judge: seen(({ text }) => {
      if (text.kind === 'failure' || text.status !== 200) return verdict([showResult(text)])
      const type = headerOf(text, 'content-type')
      return verdict(
        /^text\/plain\s*;.*version=0\.0\.4/i.test(type) ? [] : [`content-type is "${showText(type)}"`],
      )
    }),
  },
  {
    id: 'metrics.negotiation',
    group,
    title: 'asked for OpenMetrics, the page is what its content type says',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason: 'Prometheus asks for OpenMetrics first; a page under the wrong name is refused as a whole.',
    remedy:
      'Answer by Accept: application/openmetrics-text with # EOF at the end, or text/plain; version=0.0.4.',
    judge: seen(({ text, openMetrics }) => {
      if (!isPage(text)) return skip('metrics.served tells of it')
      if (openMetrics.kind === 'failure' || openMetrics.status !== 200)
        return verdict([`asked for OpenMetrics: ${showResult(openMetrics)}`])
      const isOpen = /^application\/openmetrics-text\b/i.test(headerOf(openMetrics, 'content-type'))
      const endsOpen = /# EOF\n?$/.test(openMetrics.body)
      if (isOpen && !endsOpen) return verdict(['called OpenMetrics, without # EOF at its end'])
      return verdict(!isOpen && endsOpen ? ['ends with # EOF, and is not called OpenMetrics'] : [])
    }),
  },
  {
    id: 'metrics.parses',
    group,
    title: 'the page can be read',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason: 'One wrong line, and Prometheus drops the whole page.',
    remedy: 'Use a client library to write the page, and escape \\, " and line feeds in label values.',
    judge: page(
      ({ faults }) =>
        verdict(firstOf(faults.map(({ line, problem }) => `line ${line}: ${showText(problem)}`))),
      { evenFaulty: true },
    ),
  },
  {
    id: 'metrics.naming',
    group,
    title: 'names, types and help keep to the rules of Prometheus',
    levels: { keelson: 'error', generic: 'warning' },
    needsProcess: false,
    reason:
      'Dashboards, alerts and people rely on units and suffixes to know what a number is. The rules are those of promtool check metrics.',
    remedy: 'Rename the metric: base units, _total for counters only, no type in the name, a help text.',
    judge: page(({ families }) =>
      verdict(
        firstOf(
          checkMetricNames(families).map(({ metric, problem }) => `${metric} ${problem}`),
          10,
        ),
      ),
    ),
  },
  {
    id: 'metrics.histograms',
    group,
    title: 'histograms are whole',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason:
      'Quantiles and means need the bucket +Inf, _sum and _count; without one of them they are wrong without a word.',
    remedy: 'Let a client library write histograms.',
    judge: page(({ families }) => verdict(firstOf(checkHistograms(families)))),
  },
  {
    id: 'metrics.duplicates',
    group,
    title: 'no series stands twice',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason: 'Prometheus keeps one of them and warns at every scrape.',
    remedy: 'Find who registers the metric a second time; two registries on one page are the usual cause.',
    judge: page(({ families }) => verdict(firstOf(findDuplicates(families).map((key) => showText(key))))),
  },
  {
    id: 'metrics.required',
    group,
    title: 'the metrics that dashboards and alerts need are there',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason: 'An alert on a metric that does not exist never fires.',
    remedy: 'Expose the metric, or change metrics.required in the contract.',
    judge: (evidence, { requiredMetrics }) => {
      if (requiredMetrics.length === 0) return skip('the contract requires none')
      return page(({ families }) => {
        const names = new Set(families.map(({ name }) => name))
        return verdict(requiredMetrics.filter((name) => !names.has(name)).map((name) => `${name} is missing`))
      })(evidence)
    },
  },
  {
    id: 'metrics.series-count',
    group,
    title: `no metric has more than ${MAX_SERIES} series`,
    levels: { keelson: 'warning', generic: 'warning' },
    needsProcess: false,
    reason:
      'Series are what Prometheus pays for, times the number of pods. Buckets of one histogram count as one.',
    remedy: 'Take out a label, or put its values into classes.',
    judge: page(({ families }) =>
      verdict(
        families.flatMap(({ name, samples }) => {
          const plain = samples.map((sample) =>
            seriesKey({
              ...sample,
              name,
              labels: sample.labels.filter(([label]) => label !== 'le' && label !== 'quantile'),
            }),
          )
          const count = new Set(plain).size
          return count > MAX_SERIES ? [`${name} has ${count} series`] : []
        }),
      ),
    ),
  },
  {
    id: 'metrics.labels',
    group,
    title: `no metric has more than ${MAX_LABELS} labels`,
    levels: { keelson: 'warning', generic: 'warning' },
    needsProcess: false,
    reason: 'Labels multiply: every one more is a factor in the number of series.',
    remedy: 'Keep the labels that somebody asks by.',
    judge: page(({ families }) =>
      verdict(
        families.flatMap(({ name, samples }) => {
          const count = Math.max(
            ...samples.map(({ labels }) => labels.filter(([label]) => label !== 'le').length),
          )
          return count > MAX_LABELS ? [`${name} has ${count} labels`] : []
        }),
      ),
    ),
  },
  {
    id: 'metrics.label-values',
    group,
    title: 'labels hold no ids, addresses or raw URLs',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    reason: 'One series per request or user fills Prometheus, and personal data does not belong there.',
    remedy: 'Label with the pattern of the route and with classes; ids belong into the log.',
    judge: page(({ families }) => {
      const problems = families.flatMap(({ name, samples }) =>
        samples.flatMap(({ labels }) =>
          labels.flatMap(([label, value]) => {
            const what = unboundedValues.find(([, pattern]) => pattern.test(value))?.[0]
            return what === undefined ? [] : [`${name}{${label}} holds ${what}: ${showText(value, 80)}`]
          }),
        ),
      )
      return verdict(firstOf([...new Set(problems)]))
    }),
  },
  {
    id: 'metrics.unknown-routes',
    group,
    title: 'unknown paths make no new series',
    levels: { keelson: 'error', generic: 'error' },
    needsProcess: false,
    needsRequests: true,
    reason: 'Whoever scans the service for holes otherwise makes a series with every guess.',
    remedy: 'Label requests that no route matched with one fixed value.',
    // Some series come by themselves while we ask; one per path is the fault that is meant.
    judge: seen(({ exposition, grownBy, unknownPathCount }) =>
      exposition === undefined
        ? skip('metrics.served tells of it')
        : verdict(
            grownBy < unknownPathCount / 2
              ? []
              : [`${unknownPathCount} unknown paths made ${grownBy} series`],
          ),
    ),
  },
  {
    id: 'metrics.fast',
    group,
    title: 'a scrape is quick',
    levels: { keelson: 'warning', generic: 'warning' },
    needsProcess: false,
    reason: 'The scrape is paid for on the event loop of the service.',
    remedy: 'Collect slow values in the background. limits.scrape in the contract sets another bound.',
    judge: (evidence, { limits }) =>
      seen(({ text, bestScrapeMs }) =>
        isPage(text)
          ? verdict(
              bestScrapeMs < limits.scrapeMs
                ? []
                : [
                    `${showDuration(bestScrapeMs)} in the best of three rounds of 3, not less than ${showDuration(limits.scrapeMs)}`,
                  ],
            )
          : skip('metrics.served tells of it'),
      )(evidence),
  },
  {
    id: 'metrics.size',
    group,
    title: 'the page is smaller than 1 MiB',
    levels: { keelson: 'warning', generic: 'warning' },
    needsProcess: false,
    reason: 'Every pod sends the page every few seconds.',
    remedy: 'Take out metrics that nobody asks for.',
    judge: seen(({ text }) => {
      if (text.kind === 'failure' || !isPage(text)) return skip('metrics.served tells of it')
      const bytes = Buffer.byteLength(text.body)
      return verdict(bytes < MAX_PAGE_BYTES ? [] : [`${bytes} bytes`])
    }),
  },
]

function seen(
  judge: (metrics: MetricsEvidence) => Verdict,
): (evidence: Parameters<Check['judge']>[0]) => Verdict {
  return ({ blackBox: { metrics } }) =>
    metrics === undefined ? skip('the contract names no path for metrics') : judge(metrics)
}

/** Judges the page as it was read; a page with faults is left to `metrics.parses`. */
function page(
  judge: (exposition: Exposition) => Verdict,
  { evenFaulty = false }: { readonly evenFaulty?: boolean } = {},
): (evidence: Parameters<Check['judge']>[0]) => Verdict {
  return seen(({ exposition }) => {
    if (exposition === undefined) return skip('metrics.served tells of it')
    return evenFaulty || exposition.faults.length === 0
      ? judge(exposition)
      : skip('metrics.parses tells of it')
  })
}

function isPage(result: HttpResult): boolean {
  return result.kind === 'answer' && result.status === 200
}
