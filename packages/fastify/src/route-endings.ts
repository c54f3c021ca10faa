import type { AccessRecord } from '@keelson/core/http'
import type { Log } from '@keelson/log'
import type { Metrics } from '@keelson/metrics'
import type { Admission, RouteLimit } from '@keelson/resilience/admission'

/** What happens when a request of one route and method has ended; made once, used for each. */
export interface RouteEnding {
  readonly route: string | undefined
  /** What admission knows of it; `undefined` for a route that is never refused. */
  readonly limit: RouteLimit | undefined
  /** Counts it and writes its line. */
  complete(record: AccessRecord): void
}

/** What a route ends into. */
export interface RouteEndingOptions {
  readonly log: Log | undefined
  readonly metrics: Metrics | undefined
  readonly admission: Admission | undefined
  /** Write a line only for failures; for probes and scrapes. */
  readonly silent: boolean
}

/** The endings of one route, a method each. */
export class RouteEndings {
  readonly #route: string | undefined
  readonly #options: RouteEndingOptions
  readonly #byMethod = new Map<string, RouteEnding>()

  constructor(route: string | undefined, options: RouteEndingOptions) {
    this.#route = route
    this.#options = options
  }

  /**
   * The ending for a method. Methods come from Node's own closed list (`http.METHODS`), so that the map is bounded.
   */
  of(method: string): RouteEnding {
    let ending = this.#byMethod.get(method)
    if (ending === undefined) {
      ending = createEnding(method, this.#route, this.#options)
      this.#byMethod.set(method, ending)
    }
    return ending
  }
}

function createEnding(
  method: string,
  route: string | undefined,
  { log, metrics, admission, silent }: RouteEndingOptions,
): RouteEnding {
  const write = log?.accessLine(method, route)
  const series = metrics?.requests.route(method, route)
  return {
    route,
    limit: admission?.route(),
    complete(record) {
      series?.record(
        record.statusCode,
        record.durationMs / 1_000,
        record.traceSampled === true ? record.traceId : undefined,
        record.bytesIn,
        record.bytesOut,
      )
      if (write !== undefined && (!silent || record.statusCode >= 400)) write(record)
    },
  }
}
