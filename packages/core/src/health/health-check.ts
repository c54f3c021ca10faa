/** What a health check finds: up, or down with the reason, which goes to the log and never to a public answer. */
export type HealthResult = { readonly status: 'up' } | { readonly status: 'down'; readonly error?: unknown }

/** Looks at one thing that the service needs. Throwing means down. The signal is aborted at the time-out. */
export type HealthCheck = (signal: AbortSignal) => Promise<HealthResult>

/** How one check is run. */
export interface HealthCheckOptions {
  /**
   * Whether readiness falls with this check. Only for what belongs to this replica alone: a shared dependency that
   * fails would take all replicas out of service at once.
   *
   * @defaultValue false
   */
  readonly critical?: boolean
  /**
   * Time between the end of one run and the start of the next, in milliseconds.
   *
   * @range 100 to 3,600,000
   * @defaultValue 10000 — the period of a Kubernetes probe
   */
  readonly intervalMs?: number
  /**
   * Time that one run may take, in milliseconds.
   *
   * @range 10 to 60,000
   * @defaultValue 2000
   */
  readonly timeoutMs?: number
}

/** Defaults of {@link HealthCheckOptions}. */
export const healthCheckDefaults: Readonly<Required<HealthCheckOptions>> = Object.freeze({
  critical: false,
  intervalMs: 10_000,
  timeoutMs: 2_000,
})

/** State of one check as last seen. */
export interface CheckState {
  readonly name: string
  readonly critical: boolean
  /** `unknown` until the first run has ended; counts as down for readiness. */
  readonly status: 'up' | 'down' | 'unknown'
}
