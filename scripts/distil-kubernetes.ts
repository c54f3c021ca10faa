// Distils the models of Kubernetes and of three operators, 80 MB of development dependencies, into the small table that
// `keelson k8s lint` ships: which fields an object has, and of which type. `--write` writes it, a test compares.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compareOrWrite } from './reference-page.ts'
import { isCommand, repositoryRoot } from './repository.ts'
import { report, type CheckReport } from './report.ts'
import { readType, type FieldText, type TypeText } from './type-text.ts'

/** Where the table is. */
export const shapesFile = 'packages/cli/src/k8s/kubernetes-shapes.json'

/** The table: types by name, each a line of `field:type`; `!` behind a field's name says that it is required. */
export interface KubernetesShapes {
  readonly sources: readonly string[]
  /** Name of the type of an object, by `apiVersion/kind`. */
  readonly kinds: Readonly<Record<string, string>>
  readonly types: Readonly<Record<string, string>>
}

/** Objects that people write for a service; others are not judged. */
const roots: Readonly<Record<string, readonly string[]>> = {
  'kubernetes-models/v1': [
    'Pod',
    'Service',
    'ServiceAccount',
    'ConfigMap',
    'Secret',
    'Namespace',
    'PersistentVolumeClaim',
    'LimitRange',
    'ResourceQuota',
    'Endpoints',
  ],
  'kubernetes-models/apps/v1': ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'],
  'kubernetes-models/batch/v1': ['Job', 'CronJob'],
  'kubernetes-models/autoscaling/v1': ['HorizontalPodAutoscaler'],
  'kubernetes-models/autoscaling/v2': ['HorizontalPodAutoscaler'],
  'kubernetes-models/policy/v1': ['PodDisruptionBudget'],
  'kubernetes-models/networking.k8s.io/v1': ['NetworkPolicy', 'Ingress', 'IngressClass'],
  'kubernetes-models/rbac.authorization.k8s.io/v1': [
    'Role',
    'RoleBinding',
    'ClusterRole',
    'ClusterRoleBinding',
  ],
  'kubernetes-models/scheduling.k8s.io/v1': ['PriorityClass'],
  '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1': [
    'PodMonitor',
    'ServiceMonitor',
    'PrometheusRule',
  ],
  '@kubernetes-models/external-secrets/external-secrets.io/v1': ['ExternalSecret'],
  '@kubernetes-models/external-secrets/external-secrets.io/v1beta1': ['ExternalSecret'],
  '@kubernetes-models/keda/keda.sh/v1alpha1': ['ScaledObject', 'ScaledJob', 'TriggerAuthentication'],
}

/** Types with a meaning of their own, whatever their declaration says. */
const known: Readonly<Record<string, string>> = {
  IoK8sApimachineryPkgApiResourceQuantity: 'quantity',
  IoK8sApimachineryPkgUtilIntstrIntOrString: 'int-or-string',
}
/** Written by the cluster: whatever stands there was not written by a person. */
const writtenByCluster = new Set(['status', 'managedFields'])
const basic: ReadonlyMap<string, string> = new Map([
  ['string', 'string'],
  ['boolean', 'boolean'],
  ['any', 'any'],
  ['unknown', 'any'],
  ['object', 'any'],
])
const prefixes: readonly (readonly [RegExp, string])[] = [
  [/^IoK8sApimachineryPkg(Apis)?/, ''],
  [/^IoK8sApi/, ''],
  [/^ComGithubPrometheusOperatorPrometheusOperatorPkgApis/, ''],
  [/^ComGithubKedacoreKedaV2Apis/, ''],
  [/^ComGithubExternalSecretsExternalSecretsApis/, ''],
]

/** Makes the table from the installed models. */
export async function distil(root: string): Promise<KubernetesShapes> {
  const modules = join(root, 'node_modules')
  const types: Record<string, string> = {}
  const kinds: Record<string, string> = {}
  const queue: string[] = []
  for (const [folder, names] of Object.entries(roots))
    for (const kind of names) {
      const file = join(modules, folder, `${kind}.d.ts`)
      const apiVersion = /^ +"apiVersion": "(.+)";$/m.exec(readFileSync(file, 'utf8'))?.[1]
      if (apiVersion === undefined) throw new Error(`${file} says no apiVersion`)
      kinds[`${apiVersion}/${kind}`] = shortName(readDeclaration(file).name)
      queue.push(file)
    }
  const seen = new Set(queue)
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const declaration = readDeclaration(file)
    const validate = await validatorOf(declaration.name, file, modules)
    const use = (name: string): string => {
      const next = declaration.imports.get(name)
      if (next === undefined) throw new Error(`${file} names ${name} and does not import it`)
      if (!seen.has(next)) queue.push(next)
      seen.add(next)
      return shortName(name.slice(1))
    }
    const write = (type: TypeText, at: Place): string => {
      if (type.kind === 'list') return `${write(type.of, { ...at, path: [...at.path, ''] })}[]`
      if (type.kind === 'map') return `{${write(type.of, { ...at, path: [...at.path, 'x'] })}}`
      if (type.kind === 'enum') return type.values.map((value) => `'${value}'`).join('|')
      if (type.kind === 'union') return unionOf(type.names)
      if (type.kind === 'fields') {
        if (type.fields.length === 0) return 'any'
        types[at.name] = lineOf(type.fields, at)
        return at.name
      }
      if (type.name === 'number') return isInteger(validate, at.path) ? 'integer' : 'number'
      if (basic.has(type.name)) return basic.get(type.name) ?? ''
      return known[type.name.slice(1)] ?? use(type.name)
    }
    const lineOf = (fields: readonly FieldText[], { name, path }: Place): string =>
      fields
        .map(({ name: field, required, type }) => {
          const place = { name: `${name}.${field}`, path: [...path, field] }
          const written = writtenByCluster.has(field) ? 'any' : write(type, place)
          return `${field}${required ? '!' : ''}:${written}`
        })
        .join(' ')
    const place = { name: shortName(declaration.name), path: [] }
    const { type } = declaration
    types[place.name] = type.kind === 'fields' ? lineOf(type.fields, place) : `=${write(type, place)}`
  }
  const sorted = Object.entries(types).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { sources: versions(modules), kinds, types: Object.fromEntries(sorted) }
}

/** The file as it is committed. */
export function shapesText(shapes: KubernetesShapes): string {
  return `${JSON.stringify(shapes, undefined, 2)}\n`
}

/** Where in an object a type stands, and what it is called when it has no name of its own. */
interface Place {
  readonly name: string
  /** An empty name is the first of a list. */
  readonly path: readonly string[]
}

interface Declaration {
  /** Name under which others import it, without the leading `I`. */
  readonly name: string
  readonly type: TypeText
  /** File by the name that is imported. */
  readonly imports: ReadonlyMap<string, string>
}

function readDeclaration(file: string): Declaration {
  const text = readFileSync(file, 'utf8').replaceAll(/^ *\/\*\*[\s\S]*?\*\/\n/gm, '')
  const name = /export type \{ I\w+ as I(\w+),/.exec(text)?.[1]
  const alias = /^export type I\w+ = ([\s\S]+?);\n(?=export)/m.exec(text)?.[1]
  const body = /^export interface I\w+[^{]*(\{\n[\s\S]*?^\})/m.exec(text)?.[1]
  const written = alias ?? body
  if (name === undefined || written === undefined) throw new Error(`${file} is not of the usual form`)
  const imports = [...text.matchAll(/^import \{ (I\w+) \} from "([^"]+)";$/gm)]
  return {
    name,
    type: readType(written),
    imports: new Map(imports.map(([, imported = '', from = '']) => [imported, fileOf(from, file)])),
  }
}

function fileOf(from: string, importer: string): string {
  const target = from.startsWith('.')
    ? join(dirname(importer), from.replace(/\.js$/, '.d.ts'))
    : `${join(importer.slice(0, importer.lastIndexOf('node_modules')), 'node_modules', from)}.d.ts`
  if (!existsSync(target)) throw new Error(`${importer} imports ${from}, which is not there`)
  return target
}

function unionOf(names: readonly string[]): string {
  if (names.toSorted().join() === 'number,string') return 'int-or-string'
  throw new Error(`What is ${names.join(' | ')}?`)
}

type Validator = ((value: unknown) => boolean) & {
  errors?: readonly { readonly instancePath: string; readonly params: { readonly type?: string } }[] | null
}

async function validatorOf(name: string, file: string, modules: string): Promise<Validator> {
  const [, owner = ''] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file) ?? []
  const path = join(modules, owner, '_schemas', `${name}.js`)
  // Generated by the same program as the declaration: it exports a validator.
  return ((await import(pathToFileURL(path).href)) as { validate: Validator }).validate
}

/** Declarations only say number: the validator is asked what it says of half a one. */
function isInteger(validate: Validator, path: readonly string[]): boolean {
  const value = path.reduceRight<unknown>((inner, name) => (name === '' ? [inner] : { [name]: inner }), 0.5)
  validate(value)
  const place = path.map((name) => `/${name === '' ? '0' : name}`).join('')
  return (validate.errors ?? []).some(
    ({ instancePath, params }) => instancePath === place && params.type === 'integer',
  )
}

function shortName(name: string): string {
  return prefixes.reduce((short, [pattern, by]) => short.replace(pattern, by), name)
}

function versions(modules: string): readonly string[] {
  const packages = [
    'kubernetes-models',
    ...['prometheus-operator', 'external-secrets', 'keda'].map((one) => `@kubernetes-models/${one}`),
  ]
  return packages.map((name) => {
    // A package that npm installed: it has a version.
    const { version } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as {
      version: string
    }
    return `${name} ${version}`
  })
}

async function checkShapes(root: string, write: boolean): Promise<CheckReport> {
  const shapes = await distil(root)
  const command = 'node scripts/distil-kubernetes.ts --write'
  const problems = compareOrWrite(root, shapesFile, shapesText(shapes), { write, command })
  const [kinds, types] = [shapes.kinds, shapes.types].map((one) => Object.keys(one).length)
  return { problems, summary: `${kinds} kinds of objects, ${types} types` }
}

if (isCommand(import.meta.url)) {
  await report(() => checkShapes(repositoryRoot, process.argv.includes('--write')))
}
