import type { Definitions } from './metric-definition.ts'

/** Name of a histogram of the process. */
export type RuntimeHistogramName = 'nodejs_gc_duration_seconds'

/** Name of a counter or gauge of the process. */
export type RuntimeScalarName =
  | 'process_cpu_seconds_total'
  | 'process_cpu_user_seconds_total'
  | 'process_cpu_system_seconds_total'
  | 'process_start_time_seconds'
  | 'process_uptime_seconds'
  | 'process_resident_memory_bytes'
  | 'process_open_fds'
  | 'process_max_fds'
  | 'nodejs_version_info'
  | 'nodejs_eventloop_lag_min_seconds'
  | 'nodejs_eventloop_lag_mean_seconds'
  | 'nodejs_eventloop_lag_p50_seconds'
  | 'nodejs_eventloop_lag_p90_seconds'
  | 'nodejs_eventloop_lag_p99_seconds'
  | 'nodejs_eventloop_lag_max_seconds'
  | 'nodejs_eventloop_utilization_ratio'
  | 'nodejs_heap_size_used_bytes'
  | 'nodejs_heap_size_total_bytes'
  | 'nodejs_heap_size_limit_bytes'
  | 'keelson_heap_old_generation_used_bytes'
  | 'keelson_heap_old_generation_limit_bytes'
  | 'nodejs_heap_space_size_used_bytes'
  | 'nodejs_heap_space_size_total_bytes'
  | 'nodejs_heap_space_size_available_bytes'
  | 'nodejs_external_memory_bytes'

/** The ecosystem's own buckets of `nodejs_gc_duration_seconds`. */
const gcBuckets = [0.001, 0.01, 0.1, 1, 2, 5] as const

/** Metrics of the process, under the names that the ecosystem's boards know. */
export const runtimeDefinitions: Definitions<RuntimeHistogramName | RuntimeScalarName> = {
  process_cpu_seconds_total: {
    type: 'counter',
    help: 'User and system time that the process has used.',
    labels: [],
    unit: 'seconds',
  },
  process_cpu_user_seconds_total: {
    type: 'counter',
    help: 'User time that the process has used.',
    labels: [],
    unit: 'seconds',
  },
  process_cpu_system_seconds_total: {
    type: 'counter',
    help: 'System time that the process has used.',
    labels: [],
    unit: 'seconds',
  },
  process_start_time_seconds: {
    type: 'gauge',
    help: 'When the process started, in seconds since 1970.',
    labels: [],
    unit: 'seconds',
  },
  process_uptime_seconds: {
    type: 'gauge',
    help: 'How long the process has been running.',
    labels: [],
    unit: 'seconds',
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    help: 'Memory of the process that is in RAM.',
    labels: [],
    unit: 'bytes',
  },
  process_open_fds: { type: 'gauge', help: 'Open file descriptors; Linux only.', labels: [] },
  process_max_fds: { type: 'gauge', help: 'Limit of open file descriptors; Linux only.', labels: [] },

  nodejs_version_info: {
    type: 'gauge',
    help: 'Always 1; the labels are the version of Node.js.',
    labels: ['version', 'major', 'minor', 'patch'],
  },
  nodejs_eventloop_lag_min_seconds: {
    type: 'gauge',
    help: 'Least delay of the event loop since the scrape before, at least 5 s long.',
    labels: [],
    unit: 'seconds',
  },
  nodejs_eventloop_lag_mean_seconds: {
    type: 'gauge',
    help: 'Mean delay of the event loop since the scrape before, at least 5 s long.',
    labels: [],
    unit: 'seconds',
  },
  nodejs_eventloop_lag_p50_seconds: {
    type: 'gauge',
    help: 'Median delay of the event loop since the scrape before, at least 5 s long.',
    labels: [],
    unit: 'seconds',
  },
  nodejs_eventloop_lag_p90_seconds: {
    type: 'gauge',
    help: 'Delay of the event loop that 90 % of the samples since the scrape before kept to.',
    labels: [],
    unit: 'seconds',
  },
  nodejs_eventloop_lag_p99_seconds: {
    type: 'gauge',
    help: 'Delay of the event loop that 99 % of the samples since the scrape before kept to.',
    labels: [],
    unit: 'seconds',
  },
  nodejs_eventloop_lag_max_seconds: {
    type: 'gauge',
    help: 'Greatest delay of the event loop since the scrape before, at least 5 s long.',
    labels: [],
    unit: 'seconds',
  },
  nodejs_eventloop_utilization_ratio: {
    type: 'gauge',
    help: 'Share of the time since the scrape before in which the event loop was busy, 0 to 1.',
    labels: [],
    unit: 'ratio',
  },
  nodejs_gc_duration_seconds: {
    type: 'histogram',
    help: 'Pauses of the garbage collector by kind: minor, major, incremental or weakcb.',
    labels: ['kind'],
    unit: 'seconds',
    buckets: gcBuckets,
  },
  nodejs_heap_size_used_bytes: {
    type: 'gauge',
    help: 'Heap that holds objects.',
    labels: [],
    unit: 'bytes',
  },
  nodejs_heap_size_total_bytes: {
    type: 'gauge',
    help: 'Heap that V8 has reserved.',
    labels: [],
    unit: 'bytes',
  },
  nodejs_heap_size_limit_bytes: {
    type: 'gauge',
    help: 'Most that both generations of the heap may take, as V8 reports it: several times what it ends the process at where --max-old-space-size is small.',
    labels: [],
    unit: 'bytes',
  },
  keelson_heap_old_generation_used_bytes: {
    type: 'gauge',
    help: 'Heap in use outside of the young generation: what V8 holds against its limit.',
    labels: [],
    unit: 'bytes',
  },
  keelson_heap_old_generation_limit_bytes: {
    type: 'gauge',
    help: 'Size of the old generation at which V8 ends the process.',
    labels: [],
    unit: 'bytes',
  },
  nodejs_heap_space_size_used_bytes: {
    type: 'gauge',
    help: 'Part of a heap space that holds objects.',
    labels: ['space'],
    unit: 'bytes',
  },
  nodejs_heap_space_size_total_bytes: {
    type: 'gauge',
    help: 'Size of a heap space.',
    labels: ['space'],
    unit: 'bytes',
  },
  nodejs_heap_space_size_available_bytes: {
    type: 'gauge',
    help: 'Free part of a heap space.',
    labels: ['space'],
    unit: 'bytes',
  },
  nodejs_external_memory_bytes: {
    type: 'gauge',
    help: 'Memory outside of the heap that objects of the heap hold, buffers included.',
    labels: [],
    unit: 'bytes',
  },
}
