import { type Panel, rate, type Row, shown } from './board.ts'

/** What callers see: rate, errors and durations. */
export const requestRows: readonly Row[] = [
  {
    title: 'At a glance',
    panels: [
      stat('Replicas ready', 'Replicas that take traffic now.', 'short', `sum(${shown('keelson_ready')})`),
      stat('Requests', 'Requests a second that ended.', 'reqps', `sum(${rate('http_requests_total')})`),
      stat(
        'Errors',
        'Share of requests that ended with 5xx.',
        'percentunit',
        `sum(${rate('http_requests_total', 'status_code=~"5.."')}) / sum(${rate('http_requests_total')})`,
      ),
      stat('Duration, 99 %', 'What 99 % of the requests kept to.', 's', durationQuantile(0.99)),
      stat(
        'Event loop',
        'Utilisation of the busiest replica: above 0.9 requests wait for each other.',
        'percentunit',
        `max(${shown('nodejs_eventloop_utilization_ratio')})`,
      ),
      stat(
        'Heap',
        'Fullest old generation: at 100 % the process aborts.',
        'percentunit',
        `max(${shown('keelson_heap_old_generation_used_bytes')} / ${shown('keelson_heap_old_generation_limit_bytes')})`,
      ),
    ],
  },
  {
    title: 'Requests',
    panels: [
      {
        title: 'Requests by route',
        description: 'How many requests a second each route ends.',
        kind: 'timeseries',
        unit: 'reqps',
        targets: [
          {
            expr: `sum by (job, method, route) (${rate('http_requests_total')})`,
            legend: '{{job}} {{method}} {{route}}',
          },
        ],
      },
      {
        title: 'Errors by route',
        description: 'Share of the requests of each route that end with 5xx; begins at 0 with the route.',
        kind: 'timeseries',
        unit: 'percentunit',
        targets: [
          {
            expr: `sum by (job, method, route) (${rate('http_requests_total', 'status_code=~"5.."')}) / sum by (job, method, route) (${rate('http_requests_total')})`,
            legend: '{{job}} {{method}} {{route}}',
          },
        ],
      },
      {
        title: 'Answers by status',
        description: 'How many answers a second have each status code.',
        kind: 'timeseries',
        unit: 'reqps',
        targets: [
          { expr: `sum by (status_code) (${rate('http_requests_total')})`, legend: '{{status_code}}' },
        ],
      },
      {
        title: 'Duration',
        description: 'From the arrival of a request to the end of its answer, all routes.',
        kind: 'timeseries',
        unit: 's',
        targets: [0.5, 0.9, 0.99].map((quantile) => ({
          expr: durationQuantile(quantile),
          legend: `${quantile * 100} %`,
          exemplar: true,
        })),
      },
      {
        title: 'Duration by route, 99 %',
        description: 'The routes that are slow; the legend sorts by the greatest.',
        kind: 'timeseries',
        unit: 's',
        targets: [
          { expr: durationQuantile(0.99, 'job, method, route'), legend: '{{job}} {{method}} {{route}}' },
        ],
      },
      {
        title: 'Bytes by route',
        description:
          'Bodies of answers and of requests, in bytes a second; streams of unknown size are not in it.',
        kind: 'timeseries',
        unit: 'Bps',
        targets: [
          {
            expr: `sum by (job, method, route) (${rate('http_response_size_bytes_sum')})`,
            legend: '{{job}} {{method}} {{route}} answers',
          },
          {
            expr: `sum by (job, method, route) (${rate('http_request_size_bytes_sum')})`,
            legend: '{{job}} {{method}} {{route}} requests',
          },
        ],
      },
      {
        title: 'In flight, and refused',
        description:
          'Requests that are being handled, and those that admission refused at the door, by reason.',
        kind: 'timeseries',
        unit: 'short',
        targets: [
          { expr: `sum by (job) (${shown('http_requests_in_flight')})`, legend: '{{job}} in flight' },
          {
            expr: `sum by (reason) (${rate('keelson_admission_shed_total')})`,
            legend: 'refused a second: {{reason}}',
          },
        ],
      },
    ],
  },
]

function stat(title: string, description: string, unit: Panel['unit'], expr: string): Panel {
  return { title, description, kind: 'stat', unit, width: 4, targets: [{ expr, legend: title }] }
}

function durationQuantile(quantile: number, by?: string): string {
  const labels = by === undefined ? 'le' : `le, ${by}`
  return `histogram_quantile(${quantile}, sum by (${labels}) (${rate('http_request_duration_seconds_bucket')}))`
}
