import { containerOf, type Container } from './environment.ts'
import { fieldsAt, listAt, textAt, type Fields } from './fields.ts'
import { parseYaml, type FieldPath } from './yaml-adapter.ts'

/** One Kubernetes object, with the place that it was read from. */
export interface Manifest {
  readonly kind: string
  readonly name: string
  readonly content: Fields
  readonly file: string
  readonly line: number
  /** Where a field of it begins. */
  readonly lineOf: (path: FieldPath) => number
}

/** A pod template with the object that makes pods of it. */
export interface Workload {
  readonly manifest: Manifest
  /** `metadata.labels` of its pods. */
  readonly labels: Fields
  /** `spec` of its pods. */
  readonly pod: Fields
  /** Where the `spec` of its pods stands. */
  readonly podPath: FieldPath
  readonly containers: readonly Container[]
  /** Whether its pods answer requests until they are told to stop; jobs do not. */
  readonly isServing: boolean
}

/** What was read. */
export interface ManifestFile {
  readonly manifests: readonly Manifest[]
  readonly problems: readonly string[]
}

const templatePaths: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  Pod: [],
}

/** Reads the objects of one file, those inside of lists (`kubectl get -o json`) included. */
export function readManifests(text: string, file: string): ManifestFile {
  const { documents, problems } = parseYaml(text)
  const faults = problems.map((problem) => `${file}: ${problem}`)
  const manifests: Manifest[] = []
  for (const { value, line, lineOf } of documents) {
    const isList = textAt(value, 'kind')?.endsWith('List') === true
    const items = isList ? listAt(value, 'items') : [value]
    for (const [index, item] of items.entries()) {
      const place: FieldPath = isList ? ['items', index] : []
      const [kind, name] = [textAt(item, 'kind'), textAt(item, 'metadata', 'name')]
      if (kind === undefined || name === undefined)
        faults.push(`${file}:${line}: no Kubernetes object: kind or metadata.name is missing`)
      else
        manifests.push({
          kind,
          name,
          content: fieldsAt(item),
          file,
          line: isList ? lineOf(place) : line,
          lineOf: (path) => lineOf([...place, ...path]),
        })
    }
  }
  return { manifests, problems: faults }
}

/**
 * The pod template of an object; `undefined` for objects that make no pods.
 *
 * @param manifests where the config maps of its containers are looked for
 * @param resolved what else is known of the environment of one of its containers
 */
export function workloadOf(
  manifest: Manifest,
  manifests: readonly Manifest[],
  resolved?: { readonly index: number; readonly values: ReadonlyMap<string, string> },
): Workload | undefined {
  const path = templatePaths[manifest.kind]
  if (path === undefined) return undefined
  const template = fieldsAt(manifest.content, ...path)
  const pod = fieldsAt(template, 'spec')
  return {
    manifest,
    labels: fieldsAt(template, 'metadata', 'labels'),
    pod,
    podPath: [...path, 'spec'],
    containers: listAt(pod, 'containers').map((container, index) =>
      containerOf(fieldsAt(container), manifests, resolved?.index === index ? resolved.values : undefined),
    ),
    isServing: manifest.kind !== 'Job' && manifest.kind !== 'CronJob',
  }
}
