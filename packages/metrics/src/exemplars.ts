import type { Clock } from '@keelson/core/clock'
import { escapeLabelValue, numberText } from './exposition.ts'

/** Whether exemplars are kept and shown; looked at for each traced value, so that it can change while requests run. */
export interface ExemplarSwitch {
  /** Gives exemplars their time; `undefined` while they are off. */
  clock: Clock | undefined
}

/** The last traced value of each bucket of a histogram, so that a board leads from a slow bucket to a trace. */
export class Exemplars {
  readonly #traceIds: (string | undefined)[]
  readonly #values: Float64Array
  readonly #seconds: Float64Array

  constructor(bucketCount: number) {
    this.#traceIds = Array.from({ length: bucketCount }, () => undefined)
    this.#values = new Float64Array(bucketCount)
    this.#seconds = new Float64Array(bucketCount)
  }

  /** @param atMs milliseconds since 1970: without a time Prometheus would store the same exemplar anew in each scrape */
  set(bucket: number, traceId: string, value: number, atMs: number): void {
    this.#traceIds[bucket] = traceId
    this.#values[bucket] = value
    this.#seconds[bucket] = atMs / 1_000
  }

  /** What stands after the number of a bucket in OpenMetrics; `undefined` when no traced value fell into it. */
  textOf(bucket: number): string | undefined {
    const traceId = this.#traceIds[bucket]
    if (traceId === undefined) return undefined
    const value = numberText(this.#values[bucket] ?? 0)
    return ` # {trace_id="${escapeLabelValue(traceId)}"} ${value} ${(this.#seconds[bucket] ?? 0).toFixed(3)}`
  }
}
