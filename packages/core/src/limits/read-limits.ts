import { totalmem } from 'node:os'
import { cores, parseAmount, parseAmounts, parseCpuMax } from './cgroup-parsers.ts'
import { type CgroupPlace, findCgroup } from './cgroup-place.ts'
import { systemTextReader, type TextReader } from './text-reader.ts'

/** Memory of the container; every figure is `undefined` where the kernel does not tell it. */
export interface MemoryLimits {
  /** Where the kernel kills, in bytes; `undefined` without a limit below the memory of the machine. */
  readonly limitBytes: number | undefined
  /** Memory in use, file cache included, in bytes. */
  readonly usageBytes: number | undefined
  /** {@link MemoryLimits.usageBytes} less the cache that the kernel can drop at once, in bytes: what the kubelet calls the working set. */
  readonly workingSetBytes: number | undefined
  /** Highest usage since the container started, in bytes. */
  readonly peakBytes: number | undefined
  /** Processes that the kernel has killed here for want of memory. */
  readonly oomKillCount: number | undefined
}

/** Processor time of the container; every figure is `undefined` where the kernel does not tell it. */
export interface CpuLimits {
  /** Quota in cores, 0.5 for half of one; `undefined` without a quota. */
  readonly limitCores: number | undefined
  /** Periods of the quota, 100 ms each by default, that have passed with something to run. */
  readonly periodCount: number | undefined
  /** Periods in which the quota was used up and everything had to wait. */
  readonly throttledPeriodCount: number | undefined
  /** Time spent waiting so, of all threads together, in milliseconds. */
  readonly throttledMs: number | undefined
}

/** What the container allows and uses. */
export interface ContainerLimits {
  readonly memory: MemoryLimits
  readonly cpu: CpuLimits
}

/** Where limits are read from; for tests and fixtures. */
export interface LimitSources {
  /** @defaultValue the files of this machine */
  readonly read?: TextReader
  /**
   * Memory of the machine, in bytes: a limit above it is none. Version 1 writes 2^63 less a page for no limit.
   *
   * @defaultValue `os.totalmem()`
   */
  readonly machineMemoryBytes?: number
}

/** Reads the limits of the container now; see {@link createLimitReader}. */
export function readLimits(sources: LimitSources = {}): ContainerLimits {
  return createLimitReader(sources)()
}

/**
 * Finds the control groups of this process once; the function returned reads them, version 1 or 2, synchronously. It
 * never throws: what cannot be read is `undefined`. Costs about 0.1 ms on this kernel's files.
 */
export function createLimitReader({
  read = systemTextReader,
  machineMemoryBytes = totalmem(),
}: LimitSources = {}): () => ContainerLimits {
  const memory = findCgroup('memory', read)
  const cpu = findCgroup('cpu', read)
  return () => ({ memory: readMemory(memory, read, machineMemoryBytes), cpu: readCpu(cpu, read) })
}

/** Names of the files and of the figures within, by version. */
const memoryFiles = {
  1: {
    limit: 'memory.limit_in_bytes',
    usage: 'memory.usage_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    events: 'memory.oom_control',
    droppable: 'total_inactive_file',
  },
  2: {
    limit: 'memory.max',
    usage: 'memory.current',
    peak: 'memory.peak',
    events: 'memory.events',
    droppable: 'inactive_file',
  },
} as const

function readMemory(
  place: CgroupPlace | undefined,
  read: TextReader,
  machineMemoryBytes: number,
): MemoryLimits {
  const files = memoryFiles[place?.version ?? 2]
  // The tightest of the limits above the process holds; its level is also the one whose usage matters.
  let tightest = { folder: place?.folders[0], limitBytes: undefined as number | undefined }
  for (const folder of place?.folders ?? []) {
    const limitBytes = parseAmount(read(`${folder}/${files.limit}`))
    if (limitBytes === undefined || limitBytes >= machineMemoryBytes) continue
    if (tightest.limitBytes === undefined || limitBytes < tightest.limitBytes)
      tightest = { folder, limitBytes }
  }
  const { folder, limitBytes } = tightest
  const text = (file: string) => (folder === undefined ? undefined : read(`${folder}/${file}`))
  const usageBytes = parseAmount(text(files.usage))
  const droppable = parseAmounts(text('memory.stat')).get(files.droppable)
  return {
    limitBytes,
    usageBytes,
    workingSetBytes:
      usageBytes === undefined || droppable === undefined ? undefined : Math.max(0, usageBytes - droppable),
    peakBytes: parseAmount(text(files.peak)),
    oomKillCount: parseAmounts(text(files.events)).get('oom_kill'),
  }
}

function readCpu(place: CgroupPlace | undefined, read: TextReader): CpuLimits {
  const quotas = (place?.folders ?? []).flatMap((folder) => {
    const limitCores =
      place?.version === 1
        ? cores(
            parseAmount(read(`${folder}/cpu.cfs_quota_us`)),
            parseAmount(read(`${folder}/cpu.cfs_period_us`)),
          )
        : parseCpuMax(read(`${folder}/cpu.max`))
    return limitCores === undefined ? [] : [{ folder, limitCores }]
  })
  const tightest = quotas.toSorted((a, b) => a.limitCores - b.limitCores)[0]
  const folder = tightest?.folder ?? place?.folders[0]
  const stat = parseAmounts(folder === undefined ? undefined : read(`${folder}/cpu.stat`))
  const nanoseconds = stat.get('throttled_time') // version 1
  const microseconds = stat.get('throttled_usec') // version 2
  return {
    limitCores: tightest?.limitCores,
    periodCount: stat.get('nr_periods'),
    throttledPeriodCount: stat.get('nr_throttled'),
    throttledMs:
      nanoseconds !== undefined
        ? nanoseconds / 1e6
        : microseconds === undefined
          ? undefined
          : microseconds / 1e3,
  }
}
