// What the command tells its page, and the page shows. Types only: both sides import them.

/** One line in a list. */
export interface LineMessage {
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly atMs: number
  readonly service: string
  /** Syslog severity, 0 to 7. */
  readonly level: number
  /** Cut after 500 characters. */
  readonly text: string
  /** `name=value` of its fields, cut after 300 characters. */
  readonly fields: string
  readonly requestId: string | undefined
}

/** One line with everything that it holds. */
export interface LineDetails extends LineMessage {
  readonly all: readonly { readonly name: string; readonly value: string | number }[]
}

/** State of a dependency's circuit breaker. */
export interface DependencyMessage {
  readonly name: string
  readonly breaker: string
  /** Whether somebody forces it open, or holds it closed. */
  readonly forced: 'open' | 'closed' | null
  /** Calls a second since the sample before. */
  readonly callsPerSecond: number
  /** Share of them that failed, 0 to 1. */
  readonly failureRatio: number
}

/** Figures of a service at one moment. Rates are those since the sample before. */
export interface SampleMessage {
  readonly atMs: number
  readonly requestsPerSecond: number
  /** Share of answers with a status of 500 and above, 0 to 1. */
  readonly errorRatio: number
  /** Of answers since the sample before; `null` without any. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly inFlight: number
  /** Delay of the event loop that 99 % of its turns kept to. */
  readonly lagMs: number
  /** Share of time in which the event loop was busy, 0 to 1. */
  readonly utilization: number
  /** Of the old generation: when it is full, V8 gives up. */
  readonly heapBytes: number
  readonly heapLimitBytes: number
  readonly residentBytes: number
  /** Cores. */
  readonly cpu: number
  readonly dependencies: readonly DependencyMessage[]
}

/** `u` up · `d` down · `g` gone, no answer. */
export type ProbeMark = 'u' | 'd' | 'g'

/** Both probes at one moment. */
export interface ProbeMessage {
  readonly atMs: number
  readonly liveness: ProbeMark
  readonly readiness: ProbeMark
}

/** What a service is doing. */
export interface ServiceMessage {
  readonly name: string
  readonly phase: 'starting' | 'up' | 'stopping' | 'stopped' | 'waiting' | 'crashed'
  readonly pid: number | null
  readonly url: string
  readonly opsUrl: string
  /** Where it runs, relative to where the command does. */
  readonly folder: string
  readonly starts: number
  /** `exit code 78`, `SIGKILL`. */
  readonly lastEnd: string | null
  /** When it last got ready, in milliseconds since 1970. */
  readonly upSinceMs: number | null
  /** Names of services of the run that it calls. */
  readonly calls: readonly string[]
}

/** One look at a service that stops. Milliseconds since the signal. */
export interface StopLook {
  readonly atMs: number
  readonly liveness: ProbeMark
  readonly readiness: ProbeMark
  /** Whether the service's port takes connections. */
  readonly accepts: boolean
}

/** How a service stopped, in milliseconds since the signal. */
export interface StopMessage {
  /** Milliseconds since 1970. */
  readonly startedAtMs: number
  readonly looks: readonly StopLook[]
  /** What it said meanwhile. */
  readonly lines: readonly { readonly atMs: number; readonly text: string }[]
  /** Time that it is given, in milliseconds. */
  readonly graceMs: number
  /** Missing while it still stops. */
  readonly end: { readonly atMs: number; readonly text: string; readonly isClean: boolean } | null
}

/** One check of `keelson verify` that did not simply pass. */
export interface VerifyFinding {
  readonly id: string
  readonly title: string
  readonly level: 'error' | 'warning'
  readonly problems: readonly string[]
  readonly remedy: string
}

/** What `keelson verify` found. */
export interface VerifyMessage {
  readonly state: 'running' | 'done' | 'failed'
  /** What is being done, or why it failed. */
  readonly step: string
  readonly atMs: number
  readonly passed: number
  readonly skipped: number
  readonly findings: readonly VerifyFinding[]
}

/** Everything that is kept of one service. */
export interface HistoryMessage {
  readonly name: string
  /** Oldest first. */
  readonly samples: readonly SampleMessage[]
  readonly probes: readonly ProbeMessage[]
  readonly stop: StopMessage | null
  readonly verify: VerifyMessage | null
}

/** What is new since the update before. The first of a stream has everything. */
export interface UpdateMessage {
  /** In the first update of a stream. */
  readonly first?: {
    readonly histories: readonly HistoryMessage[]
    readonly etcd: string | null
    readonly historyLength: { readonly samples: number; readonly probes: number }
  }
  readonly services?: readonly ServiceMessage[]
  readonly samples?: readonly { readonly service: string; readonly sample: SampleMessage }[]
  readonly probes?: readonly { readonly service: string; readonly probe: ProbeMessage }[]
  readonly stops?: readonly { readonly service: string; readonly stop: StopMessage }[]
  readonly verifies?: readonly { readonly service: string; readonly verify: VerifyMessage }[]
  /** Lines that fit the stream's filter, oldest first. */
  readonly lines?: readonly LineMessage[]
  /** Lines that fitted too, but were too many to send. */
  readonly skipped?: number
  /** Lines of all services that are held, and that there ever were. */
  readonly held?: number
  readonly total?: number
}

/** One value of the effective configuration. */
export interface ConfigValueMessage {
  readonly key: string
  readonly value: unknown
  readonly origin: string
}
