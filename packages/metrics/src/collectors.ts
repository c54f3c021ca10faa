import type { Clock } from '@keelson/core/clock'
import { KeelsonError } from '@keelson/core/errors'

/** How long one collector may take in a scrape, in milliseconds: a tenth of Prometheus's default scrape time-out. */
export const collectDeadlineMs = 1_000

/** Runs collectors so that none of them can harm the scrape. */
export interface CollectorRunner {
  /**
   * Runs one collector within its deadline. A run that is still under way from an earlier scrape is joined, never doubled:
   * a collector that hangs is started once.
   *
   * @param name for the error series and the report; also tells collectors apart
   * @returns what it returned, or `undefined` when it failed or took too long
   */
  run<Result>(name: string, collect: () => Result | Promise<Result>): Promise<Result | undefined>
}

/**
 * Makes a {@link CollectorRunner}.
 *
 * @param onFailure told of every failure, with the error
 */
export function createCollectorRunner(
  clock: Clock,
  onFailure: (collector: string, error: unknown) => void,
): CollectorRunner {
  const running = new Map<string, Promise<unknown>>()
  return {
    async run(name, collect) {
      try {
        // One name is always one collector, so a run under way gives the same type.
        const underWay = running.get(name) as ReturnType<typeof collect> | undefined
        const result = underWay ?? collect()
        if (!(result instanceof Promise)) return result
        if (underWay === undefined) track(name, result)
        return await withinDeadline(clock, name, result)
      } catch (error) {
        onFailure(name, error)
        return undefined
      }
    },
  }
  function track(name: string, result: Promise<unknown>): void {
    running.set(name, result)
    const forget = () => {
      running.delete(name)
    }
    result.then(forget, forget)
  }
}

function withinDeadline<Result>(clock: Clock, name: string, result: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      reject(
        new KeelsonError(
          'KEELSON_METRICS_COLLECT_TIMEOUT',
          `The collector ${name} was not done after ${collectDeadlineMs} ms. Its series are left out of this scrape.`,
          { details: { collector: name } },
        ),
      )
    }, collectDeadlineMs)
    timer.unref()
    const settle = () => {
      clock.clearTimeout(timer)
    }
    result.then(resolve, reject).finally(settle)
  })
}
