import { oldSpaceFloor, serviceJobs } from './recording-rules.ts'
import type { RuleGroup } from './rule.ts'
import { selector } from './series-name.ts'

/** Alerts about the life of the process and what it uses. */
export const processAlerts: RuleGroup = {
  name: 'keelson-process',
  rules: [
    {
      alert: 'KeelsonTargetDown',
      expr: `up == 0
and on (namespace, job) ${serviceJobs}`,
      for: '5m',
      severity: 'page',
      summary: '{{ $labels.instance }} of {{ $labels.job }} cannot be scraped.',
      description:
        'Prometheus has had no metrics of this replica for five minutes; it may be down, or cut off.',
    },
    {
      alert: 'KeelsonRestarting',
      expr: `sum by (namespace, job) (changes(${selector('process_start_time_seconds')}[1h])) >= 3
and on (namespace, job) ${serviceJobs}`,
      for: '0m',
      severity: 'ticket',
      summary: '{{ $labels.job }} has restarted at least three times within an hour.',
      description:
        'Replicas come back, so nobody is paged; each restart cuts the requests that were under way.',
    },
    {
      alert: 'KeelsonContainerOutOfMemory',
      // From kube-state-metrics: a process that the kernel killed cannot say so itself.
      expr: `increase(kube_pod_container_status_restarts_total[10m]) > 0
and on (namespace, pod, container) kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1`,
      for: '0m',
      severity: 'ticket',
      summary: '{{ $labels.container }} in {{ $labels.pod }} was killed for its memory.',
      description: 'The container reached its memory limit and the kernel ended it without a word.',
    },
    {
      alert: 'KeelsonHeapLeakForecast',
      // `on` keeps its own labels only, so that each comparison needs the same ones (found by promtool test rules).
      expr: `predict_linear(${oldSpaceFloor}[1h], 4 * 3600)
  > on (namespace, job, instance) ${selector('keelson_heap_old_generation_limit_bytes')}
and on (namespace, job, instance) deriv(${oldSpaceFloor}[1h]) > 0
and on (namespace, job, instance) ${selector('process_uptime_seconds')} > 3600`,
      for: '15m',
      severity: 'ticket',
      summary: 'The heap of {{ $labels.instance }} of {{ $labels.job }} will be full within four hours.',
      description:
        'What garbage collections leave over has grown for an hour; at this rate the process will abort.',
    },
    {
      alert: 'KeelsonHeapNearLimit',
      // Not nodejs_heap_size_limit_bytes, which has the young generation in it: with --max-old-space-size=64 it is 256 MiB.
      expr: `${selector('keelson_heap_old_generation_used_bytes')} / ${selector('keelson_heap_old_generation_limit_bytes')} > 0.9
and on (namespace, job) ${serviceJobs}`,
      for: '10m',
      severity: 'page',
      summary: 'The old generation of {{ $labels.instance }} of {{ $labels.job }} is more than 90 % full.',
      description:
        'Garbage collection takes ever more of the time, and the process aborts when the heap is full.',
    },
    {
      alert: 'KeelsonEventLoopSaturated',
      expr: `${selector('nodejs_eventloop_utilization_ratio')} > 0.9
and on (namespace, job) ${serviceJobs}`,
      for: '5m',
      severity: 'ticket',
      summary: 'The event loop of {{ $labels.instance }} of {{ $labels.job }} is more than 90 % busy.',
      description:
        'Every request waits for the others; more replicas, or less work on the main thread, is needed.',
    },
    {
      alert: 'KeelsonContainerNearLimit',
      expr: `${selector('keelson_container_memory_working_set_bytes')}
/
${selector('keelson_container_memory_limit_bytes')}
> 0.9`,
      for: '10m',
      severity: 'page',
      summary: '{{ $labels.instance }} of {{ $labels.job }} uses more than 90 % of its container.',
      description:
        'At the limit the kernel kills the process without a word, with all requests that are under way.',
    },
    {
      alert: 'KeelsonHeapGrowing',
      expr: `${selector('keelson_leak_verdict', 'verdict="growing"')} == 1`,
      for: '15m',
      severity: 'ticket',
      summary: '{{ $labels.instance }} of {{ $labels.job }} judges that its heap leaks.',
      description:
        'What major collections leave over has grown from one to the next; the process will abort one day.',
    },
    {
      alert: 'KeelsonCpuThrottled',
      expr: `rate(${selector('keelson_container_cpu_throttled_periods_total')}[5m])
/
(rate(${selector('keelson_container_cpu_periods_total')}[5m]) > 0)
> 0.25`,
      for: '10m',
      severity: 'ticket',
      summary: '{{ $labels.instance }} of {{ $labels.job }} waits for its processor quota.',
      description:
        'In more than a quarter of the periods the quota was used up, and every thread stood still.',
    },
    {
      alert: 'KeelsonMainThreadStalled',
      expr: `increase(${selector('keelson_main_thread_stalls_total')}[15m]) > 0`,
      for: '0m',
      severity: 'ticket',
      summary: 'The main thread of {{ $labels.instance }} of {{ $labels.job }} stood still.',
      description: 'Nothing was answered for seconds; the log has the stack that blocked it.',
    },
    {
      alert: 'KeelsonReadinessFlapping',
      expr: `changes(${selector('keelson_ready')}[15m]) > 4`,
      for: '0m',
      severity: 'ticket',
      summary: '{{ $labels.instance }} of {{ $labels.job }} keeps changing its readiness.',
      description:
        'A critical check goes up and down, and the replica in and out of the load balancers with it.',
    },
  ],
}
