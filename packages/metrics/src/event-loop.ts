import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Clock } from '@keelson/core/clock'

/** Delay and utilisation of the event loop over an interval; delays in seconds, utilisation 0 to 1. */
export interface EventLoopSample {
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  readonly utilization: number
}

/** Watches the event loop of this thread. */
export interface EventLoopMonitor {
  /** Figures since the sample before; the same sample again while it is younger than {@link minimumIntervalMs}. */
  sample(): EventLoopSample
  /** Stops watching. */
  close(): void
}

/**
 * Shortest interval of a sample, in milliseconds: of two Prometheus replicas that scrape one right after the other, the
 * second must not find an empty interval.
 */
export const minimumIntervalMs = 5_000

/** Period of the monitor's own timer; half the wake-ups of Node's default of 10 ms are enough for quantiles over 5 s. */
const resolutionMs = 20

const nanosecondsPerSecond = 1e9

/** Starts watching at once; costs 0.3 ms, and its timer does not keep the process alive. */
export function createEventLoopMonitor(clock: Clock): EventLoopMonitor {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  delays.enable()
  let busyUntilNow = performance.eventLoopUtilization()
  let sampledAtMs: number | undefined
  let latest: EventLoopSample = { min: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0, utilization: 0 }
  return {
    sample() {
      const nowMs = clock.monotonic()
      const tooSoon = sampledAtMs !== undefined && nowMs - sampledAtMs < minimumIntervalMs
      // Without a tick since the last reset there is nothing to say yet; the interval goes on instead.
      if (tooSoon || delays.count === 0) return latest
      const busy = performance.eventLoopUtilization()
      latest = {
        min: delaySeconds(delays.min),
        mean: delaySeconds(delays.mean),
        p50: delaySeconds(delays.percentile(50)),
        p90: delaySeconds(delays.percentile(90)),
        p99: delaySeconds(delays.percentile(99)),
        max: delaySeconds(delays.max),
        utilization: performance.eventLoopUtilization(busy, busyUntilNow).utilization,
      }
      delays.reset()
      busyUntilNow = busy
      sampledAtMs = nowMs
      return latest
    },
    close() {
      delays.disable()
    },
  }
}

/** The monitor records the time between two of its ticks, its own period included (Node 24: 10.07 ms idle at 10). */
function delaySeconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / nanosecondsPerSecond - resolutionMs / 1_000)
}
