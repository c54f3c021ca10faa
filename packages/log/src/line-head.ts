import { quote } from './json-text.ts'

/** What never changes in the lines of one log. */
export interface LineIdentity {
  /** What additional fields begin with; nothing is also the sign of a collector that adds `version`. */
  readonly prefix: '_' | ''
  readonly host: string
  readonly service: string
  readonly version?: string | undefined
  readonly env?: string | undefined
  readonly pod?: string | undefined
  readonly node?: string | undefined
  readonly pid: number
}

/** Syslog severity of a pino level: trace and debug 7, info 6, notice (35) 5, warn 4, error 3, fatal 2. */
export function severityOf(level: number): number {
  if (level >= 60) return 2
  if (level >= 50) return 3
  if (level >= 40) return 4
  if (level >= 35) return 5
  return level >= 30 ? 6 : 7
}

/**
 * Makes the function that gives the constant beginning of a line, from its brace to its level:
 * `{"version":"1.1","host":"…","_service":"…","_pid":1,"level":6`. One text per level is kept.
 */
export function createLineHeads(identity: LineIdentity): (level: number) => string {
  const { prefix } = identity
  let start = `{${prefix === '_' ? '"version":"1.1",' : ''}"host":${quote(identity.host)}`
  for (const name of ['service', 'version', 'env', 'pod', 'node'] as const) {
    const value = identity[name]
    if (value !== undefined) start += `,"${prefix}${name}":${quote(value)}`
  }
  start += `,"${prefix}pid":${identity.pid},"level":`
  const heads = new Map<number, string>()
  return (level) => {
    let head = heads.get(level)
    if (head === undefined) {
      // Syslog has one severity for debug and trace; the name keeps them apart.
      head = `${start}${severityOf(level)}${level < 20 ? `,"${prefix}level_name":"trace"` : ''}`
      if (heads.size < 100) heads.set(level, head)
    }
    return head
  }
}
