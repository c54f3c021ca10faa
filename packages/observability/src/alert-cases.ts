/** One situation, and whether an alert fires in it. */
export interface AlertCase {
  readonly alert: string
  /** What happens, for people. */
  readonly situation: string
  /** Values by series, a minute apart, in the notation of `promtool test rules`. */
  readonly series: Readonly<Record<string, string>>
  /** When it is looked at, from the start: `30m`. */
  readonly at: string
  /** Labels of the alert that fires, its severity left out; `undefined` when it must be silent. */
  readonly fires: Readonly<Record<string, string>> | undefined
}

const target = { job: 'delivery', instance: 'a:8081' }
const of = 'job="delivery",instance="a:8081"'
const build = { [`keelson_build_info{${of},service="delivery"}`]: '1x600' }
const gigabyte = 1_000_000_000

/** At least one case that fires and one that is silent for every alert of the house. */
export const alertCases: readonly AlertCase[] = [
  fires('KeelsonTargetDown', 'a replica has been down for six minutes', '20m', target, {
    [`up{${of}}`]: '1x13 0x20',
    [`keelson_build_info{${of},service="delivery"}`]: '1x13 _x20',
  }),
  silent('KeelsonTargetDown', 'a replica was down for two minutes', '20m', {
    [`up{${of}}`]: '1x16 0x1 1x20',
    ...build,
  }),
  silent('KeelsonTargetDown', 'what is down is no keelson service', '20m', {
    'up{job="other",instance="x"}': '0x30',
  }),

  fires(
    'KeelsonRestarting',
    'three restarts within an hour',
    '60m',
    { job: 'delivery' },
    {
      [`process_start_time_seconds{${of}}`]: '100x10 200x10 300x10 400x60',
      ...build,
    },
  ),
  silent('KeelsonRestarting', 'a rolling deployment: other instances, no restart', '60m', {
    [`process_start_time_seconds{${of}}`]: '100x20 _x60',
    'process_start_time_seconds{job="delivery",instance="b:8081"}': '_x20 200x60',
    'process_start_time_seconds{job="delivery",instance="c:8081"}': '_x22 300x60',
    ...build,
  }),

  fires(
    'KeelsonContainerOutOfMemory',
    'a container was killed for its memory and started again',
    '20m',
    { namespace: 'n', pod: 'p', container: 'delivery' },
    {
      'kube_pod_container_status_restarts_total{namespace="n",pod="p",container="delivery"}': '0x15 1x20',
      'kube_pod_container_status_last_terminated_reason{namespace="n",pod="p",container="delivery",reason="OOMKilled"}':
        '0x15 1x20',
    },
  ),
  silent('KeelsonContainerOutOfMemory', 'a container ended with an error and started again', '20m', {
    'kube_pod_container_status_restarts_total{namespace="n",pod="p",container="delivery"}': '0x15 1x20',
    'kube_pod_container_status_last_terminated_reason{namespace="n",pod="p",container="delivery",reason="Error"}':
      '0x15 1x20',
  }),

  fires('KeelsonHeapLeakForecast', 'old space grows by 4 MB a minute under a limit of 1 GB', '150m', target, {
    [`nodejs_heap_space_size_used_bytes{${of},space="old"}`]: '100000000+4000000x200',
    ...heapLimit(),
  }),
  silent('KeelsonHeapLeakForecast', 'a sawtooth: each hour grows to the limit and falls back', '170m', {
    [`nodejs_heap_space_size_used_bytes{${of},space="old"}`]: Array.from(
      { length: 200 },
      (_, minute) => 100_000_000 + (minute % 8) * 100_000_000,
    ).join(' '),
    ...heapLimit(),
  }),
  silent('KeelsonHeapLeakForecast', 'a process that is warming up', '40m', {
    [`nodejs_heap_space_size_used_bytes{${of},space="old"}`]: '100000000+4000000x200',
    ...heapLimit(),
  }),

  fires('KeelsonHeapNearLimit', 'the heap is 95 % full for a quarter of an hour', '30m', target, {
    [`keelson_heap_old_generation_used_bytes{${of}}`]: '500000000x15 950000000x30',
    ...heapLimit(),
    ...build,
  }),
  silent('KeelsonHeapNearLimit', 'the heap is full for a moment', '30m', {
    [`keelson_heap_old_generation_used_bytes{${of}}`]: '500000000x26 950000000x30',
    ...heapLimit(),
    ...build,
  }),

  fires('KeelsonEventLoopSaturated', 'the loop is 95 % busy for ten minutes', '20m', target, {
    [`nodejs_eventloop_utilization_ratio{${of}}`]: '0.3x10 0.95x20',
    ...build,
  }),
  silent('KeelsonEventLoopSaturated', 'the loop is 80 % busy', '20m', {
    [`nodejs_eventloop_utilization_ratio{${of}}`]: '0.8x40',
    ...build,
  }),

  fires('KeelsonContainerNearLimit', 'the working set is 95 % of the limit', '30m', target, {
    [`keelson_container_memory_working_set_bytes{${of}}`]: '500000000x15 950000000x30',
    [`keelson_container_memory_limit_bytes{${of}}`]: `${gigabyte}x60`,
  }),
  silent('KeelsonContainerNearLimit', 'the working set is half of the limit', '30m', {
    [`keelson_container_memory_working_set_bytes{${of}}`]: '500000000x60',
    [`keelson_container_memory_limit_bytes{${of}}`]: `${gigabyte}x60`,
  }),

  fires(
    'KeelsonHeapGrowing',
    'the heap is judged to grow for half an hour',
    '45m',
    { ...target, verdict: 'growing' },
    {
      [`keelson_leak_verdict{${of},verdict="growing"}`]: '0x15 1x60',
    },
  ),
  silent('KeelsonHeapGrowing', 'the verdict is taken back', '45m', {
    [`keelson_leak_verdict{${of},verdict="growing"}`]: '0x15 1x10 0x60',
  }),

  fires('KeelsonCpuThrottled', 'half of the periods wait', '40m', target, {
    [`keelson_container_cpu_throttled_periods_total{${of}}`]: '0+300x60',
    [`keelson_container_cpu_periods_total{${of}}`]: '0+600x60',
  }),
  silent('KeelsonCpuThrottled', 'one period in twenty waits', '40m', {
    [`keelson_container_cpu_throttled_periods_total{${of}}`]: '0+30x60',
    [`keelson_container_cpu_periods_total{${of}}`]: '0+600x60',
  }),

  fires('KeelsonMainThreadStalled', 'one stall', '20m', target, {
    [`keelson_main_thread_stalls_total{${of}}`]: '0x15 1x20',
  }),
  silent('KeelsonMainThreadStalled', 'no stall', '20m', {
    [`keelson_main_thread_stalls_total{${of}}`]: '0x40',
  }),

  fires('KeelsonReadinessFlapping', 'readiness changes every minute', '20m', target, {
    [`keelson_ready{${of}}`]: '1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1',
  }),
  silent('KeelsonReadinessFlapping', 'a start and a stop', '20m', {
    [`keelson_ready{${of}}`]: '0x5 1x10 0x10',
  }),

  fires(
    'KeelsonErrorBudgetBurnFast',
    '5 % of the requests fail for an hour',
    '90m',
    { job: 'delivery' },
    {
      ...requests('0+950x200', '0+50x200'),
    },
  ),
  silent('KeelsonErrorBudgetBurnFast', 'one bad minute, an hour ago', '90m', {
    ...requests('0+950x200', '0x35 600x160'),
  }),
  silent('KeelsonErrorBudgetBurnFast', 'nobody asks', '90m', { ...requests('5x200', '0x200') }),

  fires(
    'KeelsonErrorBudgetBurnSlow',
    '1 % of the requests fail for hours',
    '400m',
    { job: 'delivery' },
    {
      ...requests('0+990x500', '0+10x500'),
    },
  ),
  silent('KeelsonErrorBudgetBurnSlow', '0.3 % of the requests fail for hours', '400m', {
    ...requests('0+997x500', '0+3x500'),
  }),

  fires(
    'KeelsonRequestsShed',
    '5 % of the requests are refused',
    '30m',
    { job: 'delivery' },
    {
      ...requests('0+1000x60', '0x60'),
      [`keelson_admission_shed_total{${of},reason="limit"}`]: '0+50x60',
      [`keelson_admission_shed_total{${of},reason="draining"}`]: '0x60',
    },
  ),
  silent('KeelsonRequestsShed', 'requests are refused by a replica that drains', '30m', {
    ...requests('0+1000x60', '0x60'),
    [`keelson_admission_shed_total{${of},reason="limit"}`]: '0x60',
    [`keelson_admission_shed_total{${of},reason="draining"}`]: '0+50x60',
  }),

  fires(
    'KeelsonBreakerOpen',
    'a breaker that tries again every minute and stays open',
    '20m',
    { job: 'delivery', dependency: 'catalog' },
    { ...closed('1x10 0x20') },
  ),
  silent('KeelsonBreakerOpen', 'the breaker of one of two replicas is open', '20m', {
    ...closed('1x10 0x20'),
    'keelson_breaker_state{job="delivery",instance="b:8081",dependency="catalog",state="closed"}': '1x30',
  }),
  silent('KeelsonBreakerOpen', 'a breaker that was open for two minutes', '20m', {
    ...closed('1x16 0x1 1x20'),
  }),

  fires(
    'KeelsonBreakerHeldClosed',
    'a breaker that one of two replicas holds closed until it is released',
    '40m',
    { job: 'delivery', dependency: 'catalog' },
    {
      ...heldClosed('0x10 1x40'),
      'keelson_breaker_forced{job="delivery",instance="b:8081",dependency="catalog",to="closed"}': '0x50',
    },
  ),
  silent('KeelsonBreakerHeldClosed', 'an action of ten minutes', '40m', { ...heldClosed('0x28 1x10 0x10') }),
  silent('KeelsonBreakerHeldClosed', 'a breaker that is forced open', '40m', {
    [`keelson_breaker_forced{${of},dependency="catalog",to="open"}`]: '1x50',
  }),

  fires(
    'KeelsonRetryStorm',
    'a retry for every fifth call',
    '30m',
    { job: 'delivery', dependency: 'catalog' },
    { ...calls('0+100x60', '0+20x60') },
  ),
  silent('KeelsonRetryStorm', 'a retry for every fiftieth call', '30m', { ...calls('0+100x60', '0+2x60') }),

  fires(
    'KeelsonLogLinesLost',
    'three lines are lost',
    '20m',
    { job: 'delivery', reason: 'queue-full' },
    {
      [`keelson_log_dropped_total{${of},reason="queue-full"}`]: '0x15 3x20',
    },
  ),
  silent('KeelsonLogLinesLost', 'lines were lost an hour ago', '90m', {
    [`keelson_log_dropped_total{${of},reason="queue-full"}`]: '0x15 3x100',
  }),

  fires(
    'KeelsonConfigurationDrift',
    'two replicas differ for half an hour',
    '40m',
    { job: 'delivery' },
    {
      [`keelson_config_info{${of},hash="one"}`]: '1x60',
      'keelson_config_info{job="delivery",instance="b:8081",hash="two"}': '1x60',
    },
  ),
  silent('KeelsonConfigurationDrift', 'replicas differ while a change goes round', '40m', {
    [`keelson_config_info{${of},hash="one"}`]: '1x30 _x30',
    [`keelson_config_info{${of},hash="two"}`]: '_x30 1x30',
    'keelson_config_info{job="delivery",instance="b:8081",hash="one"}': '1x32 _x30',
    'keelson_config_info{job="delivery",instance="b:8081",hash="two"}': '_x32 1x30',
  }),

  fires(
    'KeelsonConfigurationStale',
    'etcd is out of reach for a quarter of an hour',
    '30m',
    { ...target, source: 'etcd' },
    {
      [`keelson_config_source_up{${of},source="etcd"}`]: '1x15 0x30',
    },
  ),
  silent('KeelsonConfigurationStale', 'etcd is out of reach for two minutes', '30m', {
    [`keelson_config_source_up{${of},source="etcd"}`]: '1x15 0x1 1x30',
  }),

  fires(
    'KeelsonConfigurationRejected',
    'a change is refused',
    '30m',
    { job: 'delivery' },
    {
      [`keelson_config_rejected_total{${of}}`]: '0x25 1x30',
    },
  ),
  silent('KeelsonConfigurationRejected', 'no change is refused', '30m', {
    [`keelson_config_rejected_total{${of}}`]: '0x60',
  }),

  fires(
    'KeelsonSeriesOverflow',
    'a label with ever new values',
    '60m',
    { job: 'delivery', metric: 'seen_total' },
    {
      [`keelson_metrics_overflow_total{${of},metric="seen_total"}`]: '0x15 0+10x60',
    },
  ),
  silent('KeelsonSeriesOverflow', 'room for every value', '60m', {
    [`keelson_metrics_overflow_total{${of},metric="seen_total"}`]: '0x90',
  }),
]

/** The cases of the rules that each service has for itself. */
export function serviceAlertCases(job: string): readonly AlertCase[] {
  return [
    fires(
      'KeelsonTargetMissing',
      'no target has the job',
      '30m',
      { job },
      { 'up{job="of somebody else",instance="x"}': '1x60' },
    ),
    silent('KeelsonTargetMissing', 'a target is there, though down', '30m', {
      [`up{job=${JSON.stringify(job)},instance="a:8081"}`]: '0x60',
    }),
  ]
}

function fires(
  alert: string,
  situation: string,
  at: string,
  labels: Readonly<Record<string, string>>,
  series: Readonly<Record<string, string>>,
): AlertCase {
  return { alert, situation, at, series, fires: labels }
}

function silent(
  alert: string,
  situation: string,
  at: string,
  series: Readonly<Record<string, string>>,
): AlertCase {
  return { alert, situation, at, series, fires: undefined }
}

function heapLimit(): Readonly<Record<string, string>> {
  return {
    [`keelson_heap_old_generation_limit_bytes{${of}}`]: `${gigabyte}x300`,
    [`process_uptime_seconds{${of}}`]: '0+60x300',
  }
}

function requests(good: string, bad: string): Readonly<Record<string, string>> {
  return {
    [`http_requests_total{${of},method="GET",route="/",status_code="200"}`]: good,
    [`http_requests_total{${of},method="GET",route="/",status_code="500"}`]: bad,
  }
}

function closed(values: string): Readonly<Record<string, string>> {
  return { [`keelson_breaker_state{${of},dependency="catalog",state="closed"}`]: values }
}

function heldClosed(values: string): Readonly<Record<string, string>> {
  return { [`keelson_breaker_forced{${of},dependency="catalog",to="closed"}`]: values }
}

function calls(ended: string, retried: string): Readonly<Record<string, string>> {
  return {
    [`keelson_client_calls_total{${of},dependency="catalog",outcome="success"}`]: ended,
    [`keelson_client_retries_total{${of},dependency="catalog",result="scheduled"}`]: retried,
  }
}
