const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

/**
 * Reads a duration as configuration writes it: `250ms`, `5s`, `2m`.
 *
 * @returns milliseconds; `undefined` when the text is no duration
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text)
  const unit = unitMs[match?.[2] ?? '']
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit
}

/** Writes milliseconds for people: `850 ms`, `2.35 s`. */
export function showDuration(durationMs: number): string {
  return durationMs < 1000
    ? `${durationMs < 10 ? durationMs.toFixed(1) : Math.round(durationMs)} ms`
    : `${(durationMs / 1000).toFixed(2)} s`
}
