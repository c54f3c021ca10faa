import type { Contract, Profile } from './contract.ts'
import type { Evidence } from './evidence.ts'

/** What part of the contract a check belongs to; the `classname` of JUnit reports. */
export type CheckGroup =
  | 'contract'
  | 'probes'
  | 'start'
  | 'stop'
  | 'request-id'
  | 'logs'
  | 'metrics'
  | 'config'
  | 'security'
  | 'limits'

/** How much a finding weighs; `off` where the check makes no sense for the profile. */
export type CheckLevel = 'error' | 'warning' | 'off'

/** What a check finds. */
export type Verdict =
  | { readonly status: 'pass' }
  | { readonly status: 'fail'; readonly problems: readonly string[] }
  /** It could not be judged: something that it needs is missing, or another check tells of the same fault. */
  | { readonly status: 'skip'; readonly why: string }

/** One rule of the contract. */
export interface Check {
  /** Stable name: `probes.liveness`. Never renamed or used again. */
  readonly id: string
  readonly group: CheckGroup
  /** What holds when it passes. */
  readonly title: string
  readonly levels: Readonly<Record<Profile, CheckLevel>>
  /** Whether the command must have started the process. */
  readonly needsProcess: boolean
  /** Whether it is about requests, so that a service without any (`paths.sample` is none) is not judged by it. */
  readonly needsRequests?: true
  /** Whether it is judged only when it was asked for: it starts the service once more, and takes its time. */
  readonly isOptIn?: true
  /** Why it matters. */
  readonly reason: string
  /** What to do when it fails. */
  readonly remedy: string
  judge(evidence: Evidence, contract: Contract): Verdict
}

/** Passes when no problem was found. */
export function verdict(problems: readonly string[]): Verdict {
  return problems.length === 0 ? { status: 'pass' } : { status: 'fail', problems }
}

export function skip(why: string): Verdict {
  return { status: 'skip', why }
}

/** At most so many problems in full, the rest as a number. */
export function firstOf(problems: readonly string[], count = 5): readonly string[] {
  return problems.length <= count
    ? problems
    : [...problems.slice(0, count), `and ${problems.length - count} more`]
}
