import { parseDuration } from '../duration.ts'
import { contractSchema } from './contract-schema.ts'
import { readJsonFile } from './read-json-file.ts'

/** Which family of checks applies: those of a keelson service, or those that make sense for any server. */
export type Profile = 'keelson' | 'generic'

/** Paths that are asked; `undefined` where the service has no such thing. */
export interface ContractPaths {
  /** `undefined` for a service that serves no requests: a worker, a cron. */
  readonly sample: string | undefined
  readonly liveness: string | undefined
  readonly readiness: string | undefined
  readonly metrics: string | undefined
  readonly slow: string | undefined
  readonly error: string | undefined
}

/** A finding that is accepted for a while. */
export interface Waiver {
  readonly id: string
  readonly level: 'warning' | 'off'
  readonly reason: string
  /** Last day on which it holds, `2026-12-31`, in UTC. */
  readonly until: string
}

/** What a service is expected to do: the contract file with every default filled in. */
export interface Contract {
  readonly service: string | undefined
  readonly profile: Profile
  /** `undefined`: a free port for a process, that of the address for a URL. */
  readonly port: number | undefined
  /** `undefined`: a free port for a process of profile keelson, 8081 behind a URL, the service's own with generic. */
  readonly opsPort: number | undefined
  readonly paths: ContractPaths
  readonly requiredMetrics: readonly string[]
  readonly limits: {
    readonly probeMs: number
    readonly scrapeMs: number
    readonly memoryBytes: number | undefined
  }
  readonly start: {
    readonly env: Readonly<Record<string, string>>
    /** `undefined` when there is no way known to break the configuration. */
    readonly brokenEnv: Readonly<Record<string, string>> | undefined
    readonly secretEnv: readonly string[]
    readonly readyTimeoutMs: number
  }
  readonly stop: {
    readonly env: Readonly<Record<string, string>>
    readonly trafficMs: number
    readonly graceMs: number
  }
  readonly waivers: readonly Waiver[]
}

/** The file as written; its shape is that of `contractSchema`. */
export interface ContractFile {
  readonly service?: string
  readonly profile?: Profile
  readonly port?: number
  readonly opsPort?: number
  readonly paths?: Readonly<Partial<Record<keyof ContractPaths, string>>>
  readonly metrics?: { readonly required?: readonly string[] }
  readonly limits?: { readonly probe?: string; readonly scrape?: string; readonly memoryBytes?: number }
  readonly start?: {
    readonly env?: Readonly<Record<string, string>>
    readonly brokenEnv?: Readonly<Record<string, string>>
    readonly secretEnv?: readonly string[]
    readonly readyTimeout?: string
  }
  readonly stop?: {
    readonly env?: Readonly<Record<string, string>>
    readonly traffic?: string
    readonly grace?: string
  }
  readonly waivers?: readonly (Omit<Waiver, 'level'> & { readonly level?: Waiver['level'] })[]
}

/** Series that every keelson service has (DESIGN §3.7); a generic one promises none. */
const keelsonMetrics = [
  'http_requests_total',
  'http_request_duration_seconds',
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'process_start_time_seconds',
]

/**
 * Fills in the defaults.
 *
 * @param file what the contract file holds; nothing of it is needed
 */
export function completeContract(file: ContractFile = {}): Contract {
  const profile = file.profile ?? 'keelson'
  const isKeelson = profile === 'keelson'
  const sample = pathOf(file.paths?.sample, '/')
  return {
    service: file.service,
    profile,
    port: file.port,
    opsPort: file.opsPort,
    paths: {
      sample,
      liveness: pathOf(file.paths?.liveness, '/liveness'),
      readiness: pathOf(file.paths?.readiness, '/readiness'),
      metrics: pathOf(file.paths?.metrics, '/metrics'),
      slow: pathOf(file.paths?.slow, undefined),
      error: pathOf(file.paths?.error, undefined),
    },
    requiredMetrics: file.metrics?.required ?? (isKeelson ? metricsOf(sample !== undefined) : []),
    limits: {
      // 50 ms: a probe is answered from memory; Kubernetes asks it every few seconds with a time-out of 1 s.
      probeMs: durationOf(file.limits?.probe, 50),
      scrapeMs: durationOf(file.limits?.scrape, 200),
      memoryBytes: file.limits?.memoryBytes,
    },
    start: {
      env: file.start?.env ?? {},
      brokenEnv: file.start?.brokenEnv ?? (isKeelson ? { PORT: 'broken' } : undefined),
      secretEnv: file.start?.secretEnv ?? ['VERIFY_CANARY_PASSWORD'],
      readyTimeoutMs: durationOf(file.start?.readyTimeout, 30_000),
    },
    stop: {
      env: file.stop?.env ?? { SHUTDOWN_DRAIN_DELAY: '2s' },
      // kube-proxy and ingress controllers usually know of a leaving pod within a second.
      trafficMs: durationOf(file.stop?.traffic, 1000),
      // terminationGracePeriodSeconds of a pod that says nothing.
      graceMs: durationOf(file.stop?.grace, 30_000),
    },
    waivers: (file.waivers ?? []).map((waiver) => ({ ...waiver, level: waiver.level ?? 'warning' })),
  }
}

/**
 * Reads a contract file.
 *
 * @throws KeelsonError `KEELSON_CLI_CONTRACT_INVALID` with every fault of the file
 */
export function readContractFile(path: string): ContractFile {
  return readJsonFile(path, contractSchema) as ContractFile // checked against that schema
}

/** Nobody counts the requests of a service that serves none. */
function metricsOf(servesRequests: boolean): readonly string[] {
  return keelsonMetrics.filter((name) => servesRequests || !name.startsWith('http_request'))
}

function pathOf(written: string | undefined, otherwise: string | undefined): string | undefined {
  return written === 'none' ? undefined : (written ?? otherwise)
}

function durationOf(written: string | undefined, otherwiseMs: number): number {
  return (written === undefined ? undefined : parseDuration(written)) ?? otherwiseMs
}
