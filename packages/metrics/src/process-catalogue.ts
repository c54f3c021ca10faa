import type { Definitions } from './metric-definition.ts'

/** Name of a counter or gauge of the life of the process. */
export type ProcessScalarName =
  | 'keelson_previous_exit_info'
  | 'keelson_restarts_last_hour'
  | 'keelson_ledger_problems_total'
  | 'keelson_limits_warnings_total'
  | 'keelson_container_memory_limit_bytes'
  | 'keelson_container_memory_usage_bytes'
  | 'keelson_container_memory_working_set_bytes'
  | 'keelson_container_memory_peak_bytes'
  | 'keelson_container_oom_kills_total'
  | 'keelson_container_cpu_limit_cores'
  | 'keelson_container_cpu_periods_total'
  | 'keelson_container_cpu_throttled_periods_total'
  | 'keelson_container_cpu_throttled_seconds_total'
  | 'keelson_leak_verdict'
  | 'keelson_leak_time_to_limit_seconds'

/** Metrics of the life of the process and of its container; each appears once it is known. */
export const processDefinitions: Definitions<ProcessScalarName> = {
  keelson_previous_exit_info: {
    type: 'gauge',
    help: 'Always 1; the label says how the life of the service before this one ended.',
    labels: ['reason'],
  },
  keelson_restarts_last_hour: {
    type: 'gauge',
    help: 'Starts within the last hour that followed an earlier life, this one included.',
    labels: [],
  },
  keelson_ledger_problems_total: {
    type: 'counter',
    help: 'Problems of the record of this life, each told once.',
    labels: ['problem'],
  },
  keelson_limits_warnings_total: {
    type: 'counter',
    help: 'Warnings that a limit is set up badly or nearly used up, each told once.',
    labels: ['subject'],
  },
  keelson_container_memory_limit_bytes: {
    type: 'gauge',
    help: 'Memory at which the kernel kills the container; absent without a limit.',
    labels: [],
    unit: 'bytes',
  },
  keelson_container_memory_usage_bytes: {
    type: 'gauge',
    help: 'Memory that the container uses, file cache included.',
    labels: [],
    unit: 'bytes',
  },
  keelson_container_memory_working_set_bytes: {
    type: 'gauge',
    help: 'Memory that the container uses, less the file cache that can be dropped at once.',
    labels: [],
    unit: 'bytes',
  },
  keelson_container_memory_peak_bytes: {
    type: 'gauge',
    help: 'Highest use of memory since the container started.',
    labels: [],
    unit: 'bytes',
  },
  keelson_container_oom_kills_total: {
    type: 'counter',
    help: 'Processes that the kernel killed in this container for want of memory.',
    labels: [],
  },
  keelson_container_cpu_limit_cores: {
    type: 'gauge',
    help: 'Quota of processor time in cores; absent without a quota.',
    labels: [],
  },
  keelson_container_cpu_periods_total: {
    type: 'counter',
    help: 'Periods of the quota in which the container had something to run.',
    labels: [],
  },
  keelson_container_cpu_throttled_periods_total: {
    type: 'counter',
    help: 'Periods in which the container used its quota up and had to wait.',
    labels: [],
  },
  keelson_container_cpu_throttled_seconds_total: {
    type: 'counter',
    help: 'Time that threads of the container waited because the quota was used up.',
    labels: [],
    unit: 'seconds',
  },
  keelson_leak_verdict: {
    type: 'gauge',
    help: '1 for what is thought of the heap after major collections, 0 for the others.',
    labels: ['verdict'],
  },
  keelson_leak_time_to_limit_seconds: {
    type: 'gauge',
    help: 'Time until a growing heap reaches its limit; absent unless it grows.',
    labels: [],
    unit: 'seconds',
  },
}
