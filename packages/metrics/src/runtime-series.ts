import { readdir, readFile } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import v8 from 'node:v8'
import { oldSpaceLimitBytes, readOldSpaceUsedBytes } from '@keelson/core/limits'
import type { Clock } from '@keelson/core/clock'
import type { MetricName, ScalarName } from './catalogue.ts'
import { createEventLoopMonitor } from './event-loop.ts'
import type { Families } from './families.ts'
import { gcKinds, observeGarbageCollection } from './garbage-collection.ts'

/** Reads one group of figures of the process when a scrape asks for them. */
export interface RuntimeCollector {
  /** Has a dot, so that no metric of an adopted registry has the same. */
  readonly name: string
  /** What is left out of the exposition when it fails. */
  readonly metrics: readonly MetricName[]
  collect(): void | Promise<void>
}

/** Everything that is known of the process itself. */
export interface RuntimeSeries {
  readonly collectors: readonly RuntimeCollector[]
  /** Stops the monitors. */
  close(): void
}

/** Starts the monitors and prepares the series of process, heap, garbage collector and event loop. */
export function createRuntimeSeries(families: Families, clock: Clock): RuntimeSeries {
  const setters = scalarSetters(families)
  const eventLoop = createEventLoopMonitor(clock)
  const pauses = families.histogram('nodejs_gc_duration_seconds')
  for (const kind of gcKinds) pauses.series(kind)
  const stopGc = observeGarbageCollection((kind, seconds) => pauses.series(kind).observe(seconds))

  const [major = '', minor = '', patch = ''] = process.versions.node.split('.')
  families.scalar('nodejs_version_info').series(process.version, major, minor, patch).value = 1
  setters('process_start_time_seconds')(performance.timeOrigin / 1_000)

  return {
    collectors: [
      eventLoopCollector(setters, eventLoop),
      heapCollector(setters),
      heapSpaceCollector(families),
      residentMemoryCollector(setters),
      cpuCollector(setters),
      uptimeCollector(setters),
      ...(process.platform === 'linux' ? [openFilesCollector(setters), fileLimitCollector(setters)] : []),
    ],
    close() {
      eventLoop.close()
      stopGc()
    },
  }
}

type Setters = (name: ScalarName) => (value: number) => void

/** Writers of metrics without labels; the series appears with its first value. */
function scalarSetters(families: Families): Setters {
  return (name) => (value) => {
    families.scalar(name).series().value = value
  }
}

function eventLoopCollector(
  setters: Setters,
  monitor: ReturnType<typeof createEventLoopMonitor>,
): RuntimeCollector {
  return collectorOf(
    'runtime.event_loop',
    [
      'nodejs_eventloop_lag_min_seconds',
      'nodejs_eventloop_lag_mean_seconds',
      'nodejs_eventloop_lag_p50_seconds',
      'nodejs_eventloop_lag_p90_seconds',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_eventloop_lag_max_seconds',
      'nodejs_eventloop_utilization_ratio',
    ],
    setters,
    () => {
      const { min, mean, p50, p90, p99, max, utilization } = monitor.sample()
      return [min, mean, p50, p90, p99, max, utilization]
    },
  )
}

/** V8's own figures: they need no file descriptor, unlike `process.memoryUsage()`. */
function heapCollector(setters: Setters): RuntimeCollector {
  return collectorOf(
    'runtime.heap',
    [
      'nodejs_heap_size_used_bytes',
      'nodejs_heap_size_total_bytes',
      'nodejs_heap_size_limit_bytes',
      'keelson_heap_old_generation_used_bytes',
      'keelson_heap_old_generation_limit_bytes',
      'nodejs_external_memory_bytes',
    ],
    setters,
    () => {
      const heap = v8.getHeapStatistics()
      return [
        heap.used_heap_size,
        heap.total_heap_size,
        heap.heap_size_limit,
        readOldSpaceUsedBytes(),
        oldSpaceLimitBytes(heap.heap_size_limit),
        heap.external_memory,
      ]
    },
  )
}

function heapSpaceCollector(families: Families): RuntimeCollector {
  const used = families.scalar('nodejs_heap_space_size_used_bytes')
  const total = families.scalar('nodejs_heap_space_size_total_bytes')
  const available = families.scalar('nodejs_heap_space_size_available_bytes')
  return {
    name: 'runtime.heap_spaces',
    metrics: [
      'nodejs_heap_space_size_used_bytes',
      'nodejs_heap_space_size_total_bytes',
      'nodejs_heap_space_size_available_bytes',
    ],
    collect() {
      for (const space of v8.getHeapSpaceStatistics()) {
        // The ecosystem's label: `old`, `new`, `large_object`.
        const name = space.space_name.replace(/_space$/, '')
        used.series(name).value = space.space_used_size
        total.series(name).value = space.space_size
        available.series(name).value = space.space_available_size
      }
    },
  }
}

/** Apart from the heap's: reading it opens a file, and throws when the process is out of descriptors. */
function residentMemoryCollector(setters: Setters): RuntimeCollector {
  return collectorOf('runtime.resident_memory', ['process_resident_memory_bytes'], setters, () => [
    process.memoryUsage.rss(),
  ])
}

function cpuCollector(setters: Setters): RuntimeCollector {
  return collectorOf(
    'runtime.cpu',
    ['process_cpu_seconds_total', 'process_cpu_user_seconds_total', 'process_cpu_system_seconds_total'],
    setters,
    () => {
      const { user, system } = process.cpuUsage()
      return [(user + system) / 1e6, user / 1e6, system / 1e6]
    },
  )
}

function uptimeCollector(setters: Setters): RuntimeCollector {
  return collectorOf('runtime.uptime', ['process_uptime_seconds'], setters, () => [process.uptime()])
}

function openFilesCollector(setters: Setters): RuntimeCollector {
  // Reading the folder opens one descriptor more, which is gone afterwards.
  return collectorOf('runtime.open_files', ['process_open_fds'], setters, async () => [
    (await readdir('/proc/self/fd')).length - 1,
  ])
}

function fileLimitCollector(setters: Setters): RuntimeCollector {
  return collectorOf('runtime.file_limit', ['process_max_fds'], setters, async () => {
    const limits = await readFile('/proc/self/limits', 'utf8')
    const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1]
    return [soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)]
  })
}

/** A collector whose values go to metrics without labels, in the same order. */
function collectorOf(
  name: string,
  metrics: readonly ScalarName[],
  setters: Setters,
  read: () => readonly number[] | Promise<readonly number[]>,
): RuntimeCollector {
  const write = (values: readonly number[]) => {
    for (const [index, metric] of metrics.entries()) setters(metric)(values[index] ?? Number.NaN)
  }
  return {
    name,
    metrics,
    collect() {
      const values = read()
      return values instanceof Promise ? values.then(write) : write(values)
    },
  }
}
