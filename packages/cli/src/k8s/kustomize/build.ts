import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fieldsAt, listAt, textAt, valueAt, type Fields } from '../fields.ts'
import { readManifests, type Manifest, type ManifestFile } from '../manifest.ts'
import { parseYaml } from '../yaml-adapter.ts'
import { generatedData, withHashes } from './config-map-generator.ts'
import { mergePatch } from './merge-patch.ts'

const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']
/** What of kustomize is understood: all that `keelson k8s render` writes, and the commonest beside it. */
const understood = new Set([
  'apiVersion',
  'kind',
  'resources',
  'components',
  'configMapGenerator',
  'images',
  'patches',
  'namespace',
])

/** The file of a folder that kustomize would build it by; `undefined` when there is none. */
export function kustomizationIn(folder: string): string | undefined {
  return names.map((name) => join(folder, name)).find((path) => existsSync(path))
}

/**
 * Builds a folder as `kubectl kustomize` does, for the part of kustomize that is understood here; anything else is a
 * problem that names it. Compared with the real one in `test/render.int.test.ts`. Objects keep the file and line that
 * they were read from.
 *
 * @param folder full path
 * @param cwd folder that the names of files are shown from
 */
export function buildKustomization(folder: string, cwd: string): ManifestFile {
  const problems: string[] = []
  const built = buildInto([], folder, { cwd, problems, generated: new Set() })
  const generated = new Set(built.generated)
  return { manifests: withHashes(built.manifests, generated), problems }
}

interface BuildState {
  readonly cwd: string
  readonly problems: string[]
  readonly generated: ReadonlySet<string>
}

interface Built {
  readonly manifests: readonly Manifest[]
  readonly generated: ReadonlySet<string>
}

/** Adds one folder to what is there: a component sees everything that was built before it, resources do not. */
function buildInto(before: readonly Manifest[], folder: string, state: BuildState): Built {
  const { cwd, problems } = state
  const path = kustomizationIn(folder)
  if (path === undefined) {
    problems.push(`${relative(cwd, folder)}: there is no kustomization.yaml`)
    return { manifests: before, generated: state.generated }
  }
  const shown = relative(cwd, path)
  const parsed = parseYaml(readFileSync(path, 'utf8'))
  problems.push(...parsed.problems.map((problem) => `${shown}: ${problem}`))
  const content = fieldsAt(parsed.documents[0]?.value)
  for (const field of Object.keys(content))
    if (!understood.has(field))
      problems.push(`${shown}: ${field} is not understood here; pipe the output of kubectl kustomize in`)
  let manifests: readonly Manifest[] = before
  const generated = new Set(state.generated)
  const add = (built: Built): void => {
    manifests = built.manifests
    for (const name of built.generated) generated.add(name)
  }
  for (const entry of textsOf(content, 'resources')) {
    const target = join(folder, entry)
    if (!existsSync(target)) problems.push(`${shown}: ${entry} is not there`)
    else if (statSync(target).isDirectory()) {
      const own = buildInto([], target, { ...state, generated: new Set() })
      add({ manifests: [...manifests, ...own.manifests], generated: own.generated })
    } else {
      const file = readManifests(readFileSync(target, 'utf8'), relative(cwd, target))
      problems.push(...file.problems)
      manifests = [...manifests, ...file.manifests]
    }
  }
  for (const entry of textsOf(content, 'components'))
    add(buildInto(manifests, join(folder, entry), { ...state, generated }))
  for (const entry of listAt(content, 'configMapGenerator')) {
    const name = textAt(entry, 'name') ?? ''
    try {
      manifests = withConfigMap(manifests, fieldsAt(entry), folder, shown)
      generated.add(name)
    } catch (error) {
      problems.push(`${shown}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  for (const [index, patch] of listAt(content, 'patches').entries())
    manifests = patched(manifests, fieldsAt(patch), folder, `${shown}: patch ${index + 1}`, problems)
  const images = listAt(content, 'images').map((image) => fieldsAt(image))
  const namespace = textAt(content, 'namespace')
  return {
    manifests: manifests.map((manifest) => ({
      ...manifest,
      // Both give an object for an object.
      content: withNamespace(withImages(manifest.content, images) as Fields, namespace),
    })),
    generated,
  }
}

function textsOf(content: Fields, field: string): readonly string[] {
  return listAt(content, field).filter((entry) => typeof entry === 'string')
}

function withConfigMap(
  manifests: readonly Manifest[],
  entry: Fields,
  folder: string,
  file: string,
): readonly Manifest[] {
  const name = textAt(entry, 'name') ?? ''
  const data = generatedData(entry, folder)
  const there = manifests.find((one) => one.kind === 'ConfigMap' && one.name === name)
  const behavior = textAt(entry, 'behavior') ?? 'create'
  if (behavior === 'create' && there !== undefined) throw new Error(`the config map ${name} is there already`)
  if (behavior !== 'create' && there === undefined)
    throw new Error(`there is no config map ${name} to ${behavior}`)
  const merged = { ...(behavior === 'merge' ? fieldsAt(there?.content, 'data') : {}), ...data }
  const content = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: merged }
  const made: Manifest = { kind: 'ConfigMap', name, content, file, line: 1, lineOf: () => 1 }
  return there === undefined ? [...manifests, made] : manifests.map((one) => (one === there ? made : one))
}

function patched(
  manifests: readonly Manifest[],
  entry: Fields,
  folder: string,
  place: string,
  problems: string[],
): readonly Manifest[] {
  const path = textAt(entry, 'path')
  const text = textAt(entry, 'patch') ?? (path === undefined ? '' : readFileSync(join(folder, path), 'utf8'))
  const parsed = parseYaml(text)
  const patch = parsed.documents[0]?.value
  if (parsed.problems.length > 0 || parsed.documents.length !== 1 || Array.isArray(patch)) {
    problems.push(`${place} is not understood here: one strategic merge patch is`)
    return manifests
  }
  const kind = textAt(entry, 'target', 'kind') ?? textAt(patch, 'kind')
  const name = textAt(entry, 'target', 'name') ?? textAt(patch, 'metadata', 'name')
  const isTarget = (one: Manifest): boolean => one.kind === kind && (name === undefined || one.name === name)
  if (!manifests.some(isTarget)) {
    problems.push(`${place} is for ${kind}/${name}, which is not there`)
    return manifests
  }
  const isDeletion = valueAt(patch, '$patch') === 'delete'
  return manifests.flatMap((one) => {
    if (!isTarget(one)) return [one]
    // A merged object is an object.
    return isDeletion ? [] : [{ ...one, content: mergePatch(one.content, patch) as Fields }]
  })
}

function withImages(value: unknown, images: readonly Fields[], field = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withImages(item, images, field))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      const isImage = (field === 'containers' || field === 'initContainers') && name === 'image'
      return [
        name,
        isImage && typeof one === 'string' ? replacedImage(one, images) : withImages(one, images, name),
      ]
    }),
  )
}

function replacedImage(image: string, images: readonly Fields[]): string {
  const [, bare = image, rest = ''] = /^(.+?)((?::[^:/@]+)?(?:@.+)?)$/.exec(image) ?? []
  const entry = images.find((one) => textAt(one, 'name') === bare)
  if (entry === undefined) return image
  const [tag, digest] = [textAt(entry, 'newTag'), textAt(entry, 'digest')]
  const suffix = digest !== undefined ? `@${digest}` : tag !== undefined ? `:${tag}` : rest
  return `${textAt(entry, 'newName') ?? bare}${suffix}`
}

function withNamespace(content: Fields, namespace: string | undefined): Fields {
  return namespace === undefined
    ? content
    : { ...content, metadata: { ...fieldsAt(content, 'metadata'), namespace } }
}
