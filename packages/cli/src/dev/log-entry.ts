/** A line that a service wrote. */
export interface LogEntry {
  /** 1 for the first line of the run, of whichever service. */
  readonly seq: number
  /** When it was written, as it says itself, else when it arrived: milliseconds since 1970. */
  readonly atMs: number
  /** Name of the service within this run. */
  readonly service: string
  /** Syslog severity, 0 to 7. */
  readonly level: number
  readonly requestId: string | undefined
  /** The line, cut after 16,000 characters. */
  readonly raw: string
  /** Whether it is a line of GELF; anything else is shown as it is. */
  readonly isGelf: boolean
}

/** One field of a line for people. */
export interface LogField {
  readonly name: string
  readonly value: string | number
}

/** A GELF line has at most 16,000 bytes (DESIGN §3.5); other programs write longer ones. */
const MAX_RAW_LENGTH = 16_000

/** What a program writes by other means than its log: informational on stdout; most often a stack on stderr. */
const plainLevels = { stdout: 6, stderr: 3 } as const

/** Reads a row of a service's output. */
export function readLogEntry(
  seq: number,
  service: string,
  stream: 'stdout' | 'stderr',
  row: string,
  nowMs: number,
): LogEntry {
  const raw = row.length > MAX_RAW_LENGTH ? row.slice(0, MAX_RAW_LENGTH) : row
  const gelf = parseGelf(row)
  if (gelf === undefined) {
    return { seq, service, raw, atMs: nowMs, level: plainLevels[stream], requestId: undefined, isGelf: false }
  }
  const { timestamp, level, _request_id: requestId } = gelf
  return {
    seq,
    service,
    raw,
    atMs: typeof timestamp === 'number' ? timestamp * 1_000 : nowMs,
    level: typeof level === 'number' && level >= 0 && level <= 7 ? Math.floor(level) : 6,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    isGelf: true,
  }
}

/** The message of a line. */
export function messageOf({ raw, isGelf }: LogEntry): string {
  if (!isGelf) return raw
  const message = parseGelf(raw)?.['short_message']
  return typeof message === 'string' ? message : raw
}

/** Everything of a line but its message and what is shown beside it, by the names without underscore. */
export function fieldsOf({ raw, isGelf }: LogEntry): readonly LogField[] {
  const gelf = isGelf ? parseGelf(raw) : undefined
  return Object.entries(gelf ?? {})
    .filter(([name]) => name.startsWith('_') || name === 'full_message' || name === 'host')
    .map(([name, value]) => ({
      name: name.startsWith('_') ? name.slice(1) : name,
      value: typeof value === 'number' ? value : String(value),
    }))
}

function parseGelf(row: string): Readonly<Record<string, unknown>> | undefined {
  if (!row.startsWith('{')) return undefined
  try {
    const value = JSON.parse(row) as Readonly<Record<string, unknown>> // begins with a brace: an object
    return typeof value['short_message'] === 'string' && 'version' in value ? value : undefined
  } catch {
    return undefined
  }
}
