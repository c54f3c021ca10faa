import type { Check } from './check.ts'
import type { Contract, Waiver } from './contract.ts'
import type { Evidence } from './evidence.ts'

/** What one check came to. */
export interface CheckOutcome {
  readonly id: string
  /** Part of the contract, or of the rules for manifests. */
  readonly group: string
  readonly title: string
  readonly reason: string
  readonly remedy: string
  /** After profile and waivers. */
  readonly level: 'error' | 'warning'
  readonly status: 'pass' | 'fail' | 'skip'
  /** What was found; empty unless it failed. */
  readonly problems: readonly string[]
  /** Where each problem is, for findings in files. */
  readonly places?: readonly { readonly file: string; readonly line: number }[]
  /** Why it was skipped, or the waiver that changed its level. */
  readonly note: string | undefined
}

/** Which checks count. */
export interface Selection {
  /** Ids or groups; empty for all. */
  readonly only: readonly string[]
  /** Reasons by id. */
  readonly skips: ReadonlyMap<string, string>
  /** Ids of the checks that are judged on demand, and were demanded. */
  readonly optIns: readonly string[]
  /** Day in UTC. */
  readonly today: string
}

/** Judges the evidence by every check of the profile that was asked for. */
export function judgeAll(
  catalogue: readonly Check[],
  evidence: Evidence,
  contract: Contract,
  { only, skips, optIns, today }: Selection,
): readonly CheckOutcome[] {
  return catalogue
    .filter(({ id, group }) => only.length === 0 || only.includes(id) || only.includes(group))
    .filter(({ id, isOptIn }) => isOptIn !== true || optIns.includes(id))
    .flatMap((check) => {
      const level = check.levels[contract.profile]
      if (level === 'off') return []
      const waiver = contract.waivers.find(({ id, until }) => id === check.id && until >= today)
      return [judgeOne(check, level, evidence, contract, skips.get(check.id), waiver)]
    })
}

function judgeOne(
  check: Check,
  level: 'error' | 'warning',
  evidence: Evidence,
  contract: Contract,
  skipReason: string | undefined,
  waiver: Waiver | undefined,
): CheckOutcome {
  const { id, group, title, reason, remedy } = check
  const base = { id, group, title, reason, remedy, level, problems: [] }
  if (skipReason !== undefined) return { ...base, status: 'skip', note: `skipped: ${skipReason}` }
  const waived = waiver === undefined ? undefined : `waived until ${waiver.until}: ${waiver.reason}`
  if (waiver?.level === 'off') return { ...base, status: 'skip', note: waived }
  if (check.needsProcess && evidence.life === undefined)
    return { ...base, status: 'skip', note: 'needs the process: let the command start it' }
  if (check.needsRequests && contract.paths.sample === undefined)
    return { ...base, status: 'skip', note: 'the service serves no requests, by contract' }
  const found = check.judge(evidence, contract)
  if (found.status === 'skip') return { ...base, status: 'skip', note: found.why }
  return {
    ...base,
    level: waiver === undefined ? level : 'warning',
    status: found.status,
    problems: found.status === 'fail' ? found.problems : [],
    note: waived,
  }
}
