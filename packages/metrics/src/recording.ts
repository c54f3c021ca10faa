import type { LabelValues } from './client-adapter.ts'
import { overflowLabel, type SeriesCap } from './series-family.ts'

/** What the recording side of one custom metric knows. */
export interface RecordingOptions {
  readonly metric: string
  readonly labels: readonly string[]
  /** Least value that is taken: 0 for a counter. */
  readonly minimum: number
  readonly cap: SeriesCap
  /** Told of a value that was not recorded. */
  readonly onRejected: (metric: string) => void
}

/**
 * Takes the arguments of a recording apart, checks the value, and writes it to the series that the cap allows. Never
 * throws on what a caller passes: measuring must not fail a request.
 *
 * @param defaultValue used when the caller gave none; `undefined` when a value must be given
 */
export type Recording = (
  recorded: readonly unknown[],
  defaultValue: number | undefined,
  write: (labels: LabelValues, value: number) => void,
) => void

/** Makes the {@link Recording} of one metric. */
export function createRecording({ metric, labels, minimum, cap, onRejected }: RecordingOptions): Recording {
  const seriesOf = createSeriesLookup(metric, labels, cap)
  const valuePlace = labels.length === 0 ? 0 : 1
  return (recorded, defaultValue, write) => {
    const value = recorded[valuePlace] ?? defaultValue
    if (typeof value !== 'number' || !Number.isFinite(value) || value < minimum) onRejected(metric)
    else write(seriesOf(valuePlace === 0 ? undefined : recorded[0]), value)
  }
}

/**
 * Finds the label object of a series: one object per series, ours, because the client keeps the object it is given, and a
 * caller that reuses its own would rewrite the past. Unknown labels are ignored, missing ones are empty.
 */
function createSeriesLookup(
  metric: string,
  labels: readonly string[],
  { maxSeries, onOverflow }: SeriesCap,
): (given: unknown) => LabelValues {
  const known = new Map<string, LabelValues>()
  const others = Object.fromEntries(labels.map((label) => [label, overflowLabel]))
  const othersKey = keyOf(others, labels)
  return (given) => {
    // Whatever is no object has no labels to read; the values are made texts below.
    const labelled = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>
    const key = keyOf(labelled, labels)
    const found = known.get(key)
    if (found !== undefined) return found
    // The last place under the cap is kept for the overflow series.
    if (labels.length === 0 || key === othersKey || known.size < maxSeries - (known.has(othersKey) ? 0 : 1)) {
      const values = Object.fromEntries(labels.map((label) => [label, textOf(labelled[label])]))
      known.set(key, values)
      return values
    }
    onOverflow(metric)
    known.set(othersKey, others)
    return others
  }
}

function keyOf(labelled: Readonly<Record<string, unknown>>, labels: readonly string[]): string {
  let key = ''
  for (const label of labels) {
    const text = textOf(labelled[label])
    // The length keeps apart what plain joining would mix up.
    key += `${text.length}:${text}`
  }
  return key
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : ''
}
