import { type Panel, rate, type Row, shown } from './board.ts'
import { perInstance } from './per-instance.ts'

/** What the process uses and what becomes of it. */
export const processRows: readonly Row[] = [
  {
    title: 'Saturation',
    panels: [
      {
        title: 'Event-loop delay',
        description: 'How late the loop came to its timers: what every request waits at least.',
        kind: 'timeseries',
        unit: 's',
        targets: [
          { expr: shown('nodejs_eventloop_lag_p50_seconds'), legend: '{{instance}} 50 %' },
          { expr: shown('nodejs_eventloop_lag_p99_seconds'), legend: '{{instance}} 99 %' },
          { expr: shown('nodejs_eventloop_lag_max_seconds'), legend: '{{instance}} greatest' },
        ],
      },
      perInstance(
        'Event-loop utilisation',
        'Share of the time in which the loop was busy.',
        'percentunit',
        shown('nodejs_eventloop_utilization_ratio'),
      ),
      {
        title: 'CPU',
        description: 'Cores in use, of the program and of the kernel on its behalf.',
        kind: 'timeseries',
        unit: 'short',
        targets: [
          { expr: rate('process_cpu_user_seconds_total'), legend: '{{instance}} user' },
          { expr: rate('process_cpu_system_seconds_total'), legend: '{{instance}} system' },
        ],
      },
      perInstance(
        'Processor quota',
        'Seconds a second that threads of the container waited because its quota was used up.',
        's',
        rate('keelson_container_cpu_throttled_seconds_total'),
      ),
      perInstance(
        'Stalls',
        'How often the main thread stood still within the hour before; the log has the stacks.',
        'short',
        `increase(${shown('keelson_main_thread_stalls_total')}[1h])`,
      ),
    ],
  },
  {
    title: 'Memory',
    panels: [
      {
        title: 'Memory of the process',
        description: 'In RAM, and outside of the heap but held by it.',
        kind: 'timeseries',
        unit: 'bytes',
        targets: [
          { expr: shown('process_resident_memory_bytes'), legend: '{{instance}} in RAM' },
          { expr: shown('nodejs_external_memory_bytes'), legend: '{{instance}} external' },
        ],
      },
      {
        title: 'Heap',
        description: 'In use, reserved, the old generation alone, and where V8 ends the process for it.',
        kind: 'timeseries',
        unit: 'bytes',
        targets: [
          { expr: shown('nodejs_heap_size_used_bytes'), legend: '{{instance}} used' },
          { expr: shown('nodejs_heap_size_total_bytes'), legend: '{{instance}} reserved' },
          { expr: shown('keelson_heap_old_generation_used_bytes'), legend: '{{instance}} old generation' },
          { expr: shown('keelson_heap_old_generation_limit_bytes'), legend: '{{instance}} limit of it' },
        ],
      },
      perInstance(
        'Old space, least of ten minutes',
        'What garbage collections leave over: a line that never falls is a leak.',
        'bytes',
        `min_over_time(${shown('nodejs_heap_space_size_used_bytes', 'space="old"')}[10m])`,
      ),
      {
        title: 'Garbage collection',
        description: 'Share of the time that collections took, by kind.',
        kind: 'timeseries',
        unit: 'percentunit',
        targets: [
          {
            expr: `sum by (instance, kind) (${rate('nodejs_gc_duration_seconds_sum')})`,
            legend: '{{instance}} {{kind}}',
          },
        ],
      },
      {
        title: 'File descriptors',
        description: 'Open, and how many may be: sockets count.',
        kind: 'timeseries',
        unit: 'short',
        targets: [
          { expr: shown('process_open_fds'), legend: '{{instance}} open' },
          { expr: shown('process_max_fds'), legend: '{{instance}} limit' },
        ],
      },
      {
        title: 'Container',
        description: 'What the kernel counts against the limit at which it kills.',
        kind: 'timeseries',
        unit: 'bytes',
        targets: [
          { expr: shown('keelson_container_memory_working_set_bytes'), legend: '{{instance}} working set' },
          { expr: shown('keelson_container_memory_peak_bytes'), legend: '{{instance}} highest' },
          { expr: shown('keelson_container_memory_limit_bytes'), legend: '{{instance}} limit' },
        ],
      },
      {
        title: 'Leak verdict',
        description: 'Whether each replica judges that its heap grows from one major collection to the next.',
        kind: 'state-timeline',
        unit: 'short',
        targets: [{ expr: shown('keelson_leak_verdict', 'verdict="growing"'), legend: '{{instance}}' }],
        states: { 0: ['not growing', 'green'], 1: ['growing', 'red'] },
      },
    ],
  },
  {
    title: 'Life',
    panels: [
      timeline('Readiness', 'Whether each replica takes traffic.', shown('keelson_ready'), '{{instance}}'),
      timeline(
        'Health checks',
        'Last result of each check.',
        shown('keelson_health_check_up'),
        '{{instance}} {{check}}',
      ),
      perInstance(
        'Starts',
        'How often each replica has started within the hour before: a start of the same replica is a restart.',
        'short',
        `changes(${shown('process_start_time_seconds')}[1h])`,
      ),
      {
        title: 'Last exit',
        description: 'How the life before the present one ended, where the record of lives is kept.',
        kind: 'state-timeline',
        unit: 'short',
        targets: [{ expr: shown('keelson_previous_exit_info'), legend: '{{instance}} {{reason}}' }],
        states: { 1: ['ended so', 'orange'] },
      },
      perInstance(
        'Restarts by its own count',
        'Starts within the hour before that followed an earlier life, counted by the service itself.',
        'short',
        shown('keelson_restarts_last_hour'),
      ),
      perInstance('Uptime', 'How long each replica has been running.', 's', shown('process_uptime_seconds')),
      {
        title: 'Builds',
        description: 'How many replicas run each build.',
        kind: 'timeseries',
        unit: 'short',
        targets: [
          {
            expr: `count by (job, version, commit) (${shown('keelson_build_info')})`,
            legend: '{{job}} {{version}} {{commit}}',
          },
        ],
      },
    ],
  },
]

function timeline(title: string, description: string, expr: string, legend: string): Panel {
  return {
    title,
    description,
    kind: 'state-timeline',
    unit: 'short',
    targets: [{ expr, legend }],
    states: { 0: ['down', 'red'], 1: ['up', 'green'] },
  }
}
