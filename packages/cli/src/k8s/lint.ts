import type { CheckOutcome } from '../verify/judge.ts'
import { environmentRules, type EnvironmentJudgement } from './environment-rules.ts'
import { workloadOf, type ManifestFile } from './manifest.ts'
import type { Cluster, Rule, RuleFinding } from './rule.ts'
import { fileRules, rules } from './rules.ts'

/** A finding that is accepted for a while. */
export interface LintWaiver {
  readonly id: string
  /** `Deployment/delivery`; every object where it is absent. */
  readonly object?: string
  readonly reason: string
  /** Last day on which it holds, in UTC. */
  readonly until: string
}

/** What to judge, and what to leave out. */
export interface LintOptions {
  readonly files: readonly ManifestFile[]
  readonly waivers: readonly LintWaiver[]
  /** Reasons by id. */
  readonly skips: ReadonlyMap<string, string>
  /** Day in UTC. */
  readonly today: string
  /** What {@link judgeEnvironment} found; without it the rules of the environment are not judged. */
  readonly environment?: EnvironmentJudgement | undefined
}

/** Everything that was read, with its pod templates. */
export function clusterOf(
  files: readonly ManifestFile[],
  resolved?: EnvironmentJudgement['resolved'],
): Cluster {
  const manifests = files.flatMap((file) => file.manifests)
  return {
    manifests,
    workloads: manifests.flatMap((one) => workloadOf(one, manifests, resolved?.get(one)) ?? []),
  }
}

/** Judges manifests by every rule: one outcome per rule, one problem and one place per finding. */
export function lintManifests({
  files,
  waivers,
  skips,
  today,
  environment,
}: LintOptions): readonly CheckOutcome[] {
  const cluster = clusterOf(files, environment?.resolved)
  const givenRules: readonly Rule[] = environmentRules.map((rule) => ({
    ...rule,
    find: () => environment?.findings.get(rule.id) ?? [],
  }))
  const withoutSchema = new Map(
    environment === undefined ? environmentRules.map(({ id }) => [id, 'needs --service or --keys']) : [],
  )
  const valid = waivers.filter(({ until }) => until >= today)
  const expired = waivers.filter(({ until }) => until < today)
  const [readable, expiry] = fileRules
  return [
    ...(readable === undefined
      ? []
      : [
          outcome(
            readable,
            files.flatMap(({ problems }) => problems),
            [],
            skips,
          ),
        ]),
    ...[...rules, ...givenRules].map((rule) => {
      const missing = withoutSchema.get(rule.id)
      if (missing !== undefined && !skips.has(rule.id)) return notJudged(rule, missing)
      const found = rule.find(cluster)
      const kept = found.filter((one) => !isWaived(rule, one, valid))
      const places = kept.map(({ manifest, path }) => ({
        file: manifest.file,
        line: path === undefined ? manifest.line : manifest.lineOf(path),
      }))
      const problems = kept.map(
        ({ manifest: { kind, name }, problem }, index) =>
          `${places[index]?.file}:${places[index]?.line} ${kind}/${name} ${problem}`,
      )
      return outcome(rule, problems, places, skips, found.length - kept.length)
    }),
    ...(expiry === undefined
      ? []
      : [
          outcome(
            expiry,
            expired.map(({ id, until }) => `the waiver of ${id} ended on ${until}`),
            [],
            skips,
          ),
        ]),
  ]
}

function outcome(
  { id, level, title, reason, remedy }: Omit<Rule, 'find'>,
  problems: readonly string[],
  places: NonNullable<CheckOutcome['places']>,
  skips: ReadonlyMap<string, string>,
  waivedCount = 0,
): CheckOutcome {
  const base = { id, group: id.split('.')[0] ?? id, title, reason, remedy, level }
  const skipped = skips.get(id)
  if (skipped !== undefined) return { ...base, status: 'skip', problems: [], note: `skipped: ${skipped}` }
  const note = waivedCount === 0 ? undefined : `${waivedCount} waived`
  return { ...base, status: problems.length === 0 ? 'pass' : 'fail', problems, places, note }
}

function notJudged({ id, level, title, reason, remedy }: Rule, note: string): CheckOutcome {
  const group = id.split('.')[0] ?? id
  return { id, group, title, reason, remedy, level, status: 'skip', problems: [], note }
}

function isWaived({ id }: Rule, { manifest }: RuleFinding, waivers: readonly LintWaiver[]): boolean {
  const name = `${manifest.kind}/${manifest.name}`
  return waivers.some((waiver) => waiver.id === id && (waiver.object === undefined || waiver.object === name))
}
