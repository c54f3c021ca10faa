import type { Manifest, Workload } from './manifest.ts'
import type { FieldPath } from './yaml-adapter.ts'

/** Everything that was read, for rules that look at more than one object. */
export interface Cluster {
  readonly manifests: readonly Manifest[]
  readonly workloads: readonly Workload[]
}

/** What a rule found, and in which object. */
export interface RuleFinding {
  readonly manifest: Manifest
  readonly problem: string
  /** The field that is meant, for its line. */
  readonly path?: FieldPath
}

/** One rule for manifests. */
export interface Rule {
  /** Stable name; never renamed or used again. */
  readonly id: string
  readonly level: 'error' | 'warning'
  /** What holds when it passes. */
  readonly title: string
  readonly reason: string
  readonly remedy: string
  readonly find: (cluster: Cluster) => readonly RuleFinding[]
}

/** Applies to every pod template. */
export function eachWorkload(
  problemsOf: (workload: Workload, cluster: Cluster) => readonly string[],
): Rule['find'] {
  return (cluster) =>
    cluster.workloads.flatMap((workload) =>
      problemsOf(workload, cluster).map((problem) => ({ manifest: workload.manifest, problem })),
    )
}

/** Applies to every container of pods that serve requests. */
export function eachServing(
  problemsOf: (container: Workload['containers'][number], workload: Workload) => readonly string[],
): Rule['find'] {
  return eachWorkload((workload) =>
    workload.isServing ? workload.containers.flatMap((container) => problemsOf(container, workload)) : [],
  )
}

/** Applies to every object of a kind. */
export function eachOf(
  kind: string,
  problemsOf: (manifest: Manifest, cluster: Cluster) => readonly string[],
): Rule['find'] {
  return (cluster) =>
    cluster.manifests
      .filter((manifest) => manifest.kind === kind)
      .flatMap((manifest) => problemsOf(manifest, cluster).map((problem) => ({ manifest, problem })))
}

/** Name of a container, for messages. */
export function containerName(container: Workload['containers'][number]): string {
  const { name } = container
  return typeof name === 'string' ? name : 'without a name'
}
