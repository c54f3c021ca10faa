/** Local time to the millisecond: `17:04:05.123`. */
export function clockTime(atMs: number): string {
  const date = new Date(atMs)
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part, 2))
  return `${parts.join(':')}.${pad(date.getMilliseconds(), 3)}`
}

/** `850 ms`, `2.4 s`, `–` without a value. */
export function duration(ms: number | null): string {
  if (ms === null) return '–'
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(ms >= 10_000 ? 0 : 1)} s`
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`
}

/** `3.2`, `140`. */
export function rate(value: number): string {
  return value.toFixed(value === 0 || value >= 10 ? 0 : 1)
}

/** `0 %`, `0.4 %`, `12 %`. */
export function percent(ratio: number): string {
  const value = ratio * 100
  return `${value.toFixed(value === 0 || value >= 10 ? 0 : 1)} %`
}

/** `34 MB`, `2.1 GB`: powers of 1,024, as V8 and the kernel count. */
export function bytes(count: number): string {
  const megabytes = count / 1_048_576
  return megabytes >= 1_024 ? `${(megabytes / 1_024).toFixed(1)} GB` : `${Math.round(megabytes)} MB`
}

/** Names of syslog severities, as the log's own levels. */
export function levelName(level: number): 'FATAL' | 'ERROR' | 'WARN' | 'INFO' | 'DEBUG' {
  if (level <= 2) return 'FATAL'
  if (level === 3) return 'ERROR'
  if (level === 4) return 'WARN'
  return level === 7 ? 'DEBUG' : 'INFO'
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0')
}
