import type {
  LeakVerdictChanged,
  LedgerProblem,
  LimitsSampled,
  LimitsWarning,
  PreviousExit,
  ProcessStalled,
} from './process-payloads.ts'

/**
 * Every fact that one part tells the others, by channel name. All payloads name their service, because two services
 * may live in one process. None ever holds a secret, a body or a header.
 */
export interface ChannelPayloads {
  'keelson.lifecycle.changed': LifecycleChanged
  'keelson.health.changed': HealthChanged
  'keelson.request.completed': RequestCompleted
  'keelson.dependency.declared': DependencyDeclared
  'keelson.client.call': ClientCall
  'keelson.client.attempt': ClientAttempt
  'keelson.client.retry': ClientRetry
  'keelson.client.hedge': ClientHedge
  'keelson.breaker.changed': BreakerChanged
  'keelson.breaker.forced': BreakerForced
  'keelson.endpoint.changed': EndpointChanged
  'keelson.dns.query': DnsQuery
  'keelson.dns.answer': DnsAnswer
  'keelson.config.applied': ConfigApplied
  'keelson.config.rejected': ConfigRejected
  'keelson.config.source': ConfigSourceChanged
  'keelson.config.synced': ConfigSynced
  'keelson.config.state': ConfigStateChanged
  'keelson.config.warned': ConfigWarned
  'keelson.log.dropped': LogDropped
  'keelson.log.shipped': LogShipped
  'keelson.resource.connected': ResourceConnected
  'keelson.resource.changed': ResourceChanged
  'keelson.admission.shed': AdmissionShed
  'keelson.admission.waited': AdmissionWaited
  'keelson.trace.lost': TraceLost
  'keelson.work.declared': WorkDeclared
  'keelson.work.completed': WorkCompleted
  'keelson.process.stalled': ProcessStalled
  'keelson.metrics.problem': MetricsProblem
  'keelson.process.previous-exit': PreviousExit
  'keelson.limits.sampled': LimitsSampled
  'keelson.limits.warning': LimitsWarning
  'keelson.leak.verdict': LeakVerdictChanged
  'keelson.ledger.problem': LedgerProblem
}

/** Name of a channel. */
export type ChannelName = keyof ChannelPayloads

/** The process went on in its life. */
export interface LifecycleChanged {
  readonly service: string
  readonly phase: 'starting' | 'started' | 'draining' | 'closing' | 'stopped'
  /** Why, for people: `SIGTERM`, `uncaught error`, … */
  readonly reason?: string
}

/** A health check changed its mind. */
export interface HealthChanged {
  readonly service: string
  readonly check: string
  readonly status: 'up' | 'down'
  /** Whether the check decides over readiness. */
  readonly critical: boolean
  /** Why it is down; for the log, never for a public answer. */
  readonly error?: unknown
}

/** An inbound request ended. Published only while somebody is subscribed. */
export interface RequestCompleted {
  readonly service: string
  readonly requestId: string
  readonly method: string
  /** Template of the route, `/videos/:id`; `undefined` when none matched. */
  readonly route: string | undefined
  readonly statusCode: number
  readonly durationMs: number
  /** The caller left before the answer was complete. */
  readonly aborted: boolean
}

/** A dependency exists from now on: its series start at zero. */
export interface DependencyDeclared {
  readonly service: string
  readonly dependency: string
}

/** How a call or an attempt ended. */
export type ClientOutcome =
  | 'success'
  | 'failure'
  | 'timeout'
  | 'circuit-open'
  | 'cancelled'
  | 'rejected'
  | 'fallback'

/** A call to a dependency ended, retries and fallback included. */
export interface ClientCall {
  readonly service: string
  readonly dependency: string
  readonly outcome: ClientOutcome
  readonly durationMs: number
  /** Attempts made, 0 when the call was refused before the first. */
  readonly attemptCount: number
}

/** One attempt of a call ended. */
export interface ClientAttempt {
  readonly service: string
  readonly dependency: string
  readonly outcome: ClientOutcome
  readonly durationMs: number
  /** 0 for the first attempt, 1 for the first retry, … */
  readonly retry: number
  readonly statusCode?: number | undefined
}

/** A failed attempt will be made again, or was refused that. */
export interface ClientRetry {
  readonly service: string
  readonly dependency: string
  /** `scheduled`, or why there is no further attempt. */
  readonly result: 'scheduled' | 'exhausted' | 'deadline' | 'not-retryable'
  readonly delayMs: number
}

/** A slow read was, or might have been, asked for a second time while the first answer was awaited. */
export interface ClientHedge {
  readonly service: string
  readonly dependency: string
  /** Which was faster, the second attempt (`won`) or the first (`lost`); both `failed`; the budget `denied` the second. */
  readonly result: 'won' | 'lost' | 'failed' | 'denied'
}

/** State of a circuit breaker. */
export type BreakerState = 'closed' | 'open' | 'half-open' | 'isolated'

/** A circuit breaker changed its state. */
export interface BreakerChanged {
  readonly service: string
  readonly dependency: string
  /** Group of operations that the breaker is for; absent for all that have no other. */
  readonly operation?: string | undefined
  readonly from: BreakerState
  readonly to: BreakerState
  /** Completed calls and failures in the window at the change. */
  readonly callCount: number
  readonly failureCount: number
}

/** A circuit breaker was taken out of its own hands, or given back to itself. */
export interface BreakerForced {
  readonly service: string
  readonly dependency: string
  /** Group of operations that the breaker is for; absent for all that have no other. */
  readonly operation?: string | undefined
  /** `open`: every call is refused (`isolated`). `closed`: none is, whatever fails. `none`: it decides again. */
  readonly forced: 'open' | 'closed' | 'none'
  /** Time in milliseconds after which it decides again; absent when only a release ends it. */
  readonly forMs?: number | undefined
  /** Of `none`: whether its time was up, rather than that somebody released it. */
  readonly expired?: boolean | undefined
}

/** An endpoint of a dependency came or went, or was taken out of the choice or in again. */
export interface EndpointChanged {
  readonly service: string
  readonly dependency: string
  /** Its address. */
  readonly endpoint: string
  readonly change: 'added' | 'removed' | 'ejected' | 'restored'
  /** Of an ejection: failures in a row, their share, or the failure of the call that was to bring it back. */
  readonly reason?: 'consecutive' | 'ratio' | 'probe' | undefined
  /** Endpoints that take part, and that are ejected, after the change. */
  readonly upCount: number
  readonly ejectedCount: number
}

/** A name was asked for: of a name server, or of the system. */
export interface DnsQuery {
  readonly service: string
  /** The name as it was asked for, completed by the domain of the cluster. */
  readonly name: string
  /** `not-found`: there is no such name, or it has no address. `failed`: nobody answered. */
  readonly result: 'answered' | 'not-found' | 'failed'
  readonly durationMs: number
}

/** The addresses of a name were given, or a name was refused that could not be resolved a moment ago (`negative`). */
export interface DnsAnswer {
  readonly service: string
  /** The name as it was asked for by its caller. */
  readonly hostname: string
  /** `stale`: the answer is past its time, and nobody could be asked for a new one. */
  readonly from: 'query' | 'cache' | 'stale' | 'negative'
}

/** A configuration is in force. */
export interface ConfigApplied {
  readonly service: string
  /** 1 for the first snapshot of the process, then one more per change. */
  readonly revision: number
  /** Digest of the effective values, secrets left out; equal on replicas with equal configuration. */
  readonly hash: string
  /** Dotted keys whose values changed; empty for the first. */
  readonly changedKeys: readonly string[]
}

/** A change of configuration was refused; the last good one stays. */
export interface ConfigRejected {
  readonly service: string
  /** One sentence per fault, secrets masked. */
  readonly faults: readonly string[]
}

/** A configuration source came within reach or out of it. */
export interface ConfigSourceChanged {
  readonly service: string
  readonly source: string
  readonly up: boolean
}

/** A configuration source was read, whether or not it held something new. */
export interface ConfigSynced {
  readonly service: string
  readonly source: string
}

/** What stands beside the configuration in force has changed. Dotted keys; no values. */
export interface ConfigStateChanged {
  readonly service: string
  /** Changed at run time, in effect at the next start. */
  readonly pendingKeys: readonly string[]
  /** Set by a remote source without effect, because a higher layer sets them too. */
  readonly shadowedKeys: readonly string[]
  /** The environment wins over remote sources, by KEELSON_CONFIG_PIN. */
  readonly pinnedKeys: readonly string[]
}

/** Something about the configuration that people should know came up after the start. */
export interface ConfigWarned {
  readonly service: string
  /** One sentence, secrets masked. */
  readonly warning: string
}

/** Log lines were lost. */
export interface LogDropped {
  readonly service: string
  readonly reason: string
  readonly count: number
}

/** Log lines went to the receiver that they are shipped to, or the connection to it came or went. */
export interface LogShipped {
  readonly service: string
  readonly isConnected: boolean
  /** Lines and bytes that the kernel took since the last time. */
  readonly count: number
  readonly bytes: number
}

/** An attempt to connect a resource ended. */
export interface ResourceConnected {
  readonly service: string
  readonly resource: string
  readonly result: 'success' | 'failure'
  readonly durationMs: number
  readonly error?: unknown
}

/** A resource has a connection, or has none (any more). Told once without one when it is declared. */
export interface ResourceChanged {
  readonly service: string
  readonly resource: string
  readonly up: boolean
  readonly error?: unknown
}

/** A request was refused at the door. */
export interface AdmissionShed {
  readonly service: string
  /**
   * `backlog`: it would have waited too long for the event loop. `limit`: as many requests are under way as may be.
   * `deadline`: its caller gives up before it could be done. `rate`: its caller sends more than its share.
   */
  readonly reason: 'backlog' | 'limit' | 'deadline' | 'draining' | 'rate'
  readonly criticality: 'critical' | 'default' | 'sheddable'
}

/** A request that had to wait for the event loop was started. */
export interface AdmissionWaited {
  readonly service: string
  readonly waitMs: number
}

/** Spans of traces were lost. */
export interface TraceLost {
  readonly service: string
  /** `queue-full`: the receiver is too slow or away. `export-failed`: it did not take a batch. */
  readonly reason: 'queue-full' | 'export-failed'
  readonly count: number
  readonly error?: unknown
}

/** A metric is not all that it should be; told once per subject, while its series go on counting. */
export interface MetricsProblem {
  readonly service: string
  /**
   * `overflow`: more series than the cap. `collect`: a collector failed or took too long. `adopted`: a Prometheus client
   * in the process has metrics of its own, which are shown from now on.
   */
  readonly problem: 'overflow' | 'collect' | 'adopted'
  /** Name of the metric, of the collector, or of the client's package. */
  readonly subject: string
  readonly error?: unknown
}

/** Kinds of work that are no request. */
export type WorkKind = 'job' | 'worker' | 'task'

/** A job, worker or task exists from now on: its series start at zero. */
export interface WorkDeclared {
  readonly service: string
  readonly kind: WorkKind
  readonly name: string
}

/** A message, a run of a job or a task ended. */
export interface WorkCompleted {
  readonly service: string
  readonly kind: WorkKind
  /** Name of the job, worker or task. */
  readonly name: string
  readonly requestId: string
  readonly outcome: 'success' | 'failure'
  readonly durationMs: number
}
