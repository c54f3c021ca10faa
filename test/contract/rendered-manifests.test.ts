// What `keelson k8s render` writes: every object of every overlay is one that Kubernetes' own description of its API takes, has
// no finding of `keelson k8s lint`, and is built the same by kubectl.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { valueAt } from '../../packages/cli/src/k8s/fields.ts'
import { readManifests, type Manifest } from '../../packages/cli/src/k8s/manifest.ts'
import { repositoryRoot } from '../../scripts/repository.ts'
import { built, createWorkshop, overlays, type RenderWorkshop } from './render-workshop.ts'

const components = ['--with', 'keda', '--with', 'external-secret']
let shop: RenderWorkshop

const worker = `export const definition = {
  name: 'mailer',
  http: false,
  config: { smtp: { host: { format: 'string', env: 'SMTP_HOST' }, password: { format: 'string', sensitive: true } } },
  dependencies: { accounts: { target: 'http://accounts.people:8080' }, maps: { target: 'https://maps.example.org' } },
}`

beforeAll(() => {
  shop = createWorkshop()
})

afterAll(() => {
  shop[Symbol.dispose]()
})

/** kubectl where it brings a kustomize that knows components and labels: 1.27 and later. */
function findKubectl(): boolean {
  const { status, stdout } = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' })
  if (status !== 0) return false
  const minor: unknown = valueAt(JSON.parse(stdout), 'clientVersion', 'minor')
  return Number.parseInt(String(minor), 10) >= 27
}

const hasKubectl = findKubectl()
if (!hasKubectl)
  process.stderr.write('skipped: no kubectl of 1.27 or later, so that nobody else builds the overlays\n')

describe.each([
  ['catalog', join(repositoryRoot, 'examples/video/catalog'), []],
  ['delivery', join(repositoryRoot, 'examples/video/delivery'), []],
  ['delivery, with every component', join(repositoryRoot, 'examples/video/delivery'), components],
  ['a worker with secrets, calls and every component', '', components],
])('the manifests of %s', (_name, example, more) => {
  let cwd = ''
  let out = ''

  beforeAll(() => {
    cwd = example === '' ? shop.service('mailer', { 'src/service.ts': worker }) : example
    out = shop.render(cwd, ...more)
    if (example === '')
      for (const overlay of overlays)
        writeFileSync(join(out, 'overlays', overlay, 'config.env'), 'SMTP_HOST=smtp\n')
  })

  it.each(overlays)('have no finding in %s, warnings included', (overlay) => {
    const { status, output } = shop.keelson(
      ['lint', '--max-warnings', '0', '--service', '-', join(out, 'overlays', overlay)],
      cwd,
    )
    expect(status, output).toBe(0)
  })

  it.each(overlays)('are what the validators of the models take, in %s', async (overlay) => {
    const kinds = built(out, overlay).map(({ kind }) => kind)
    expect(kinds.length).toBeGreaterThanOrEqual(8)
    for (const { content, kind } of built(out, overlay)) {
      const validate = await validatorOf(String(content['apiVersion']), kind)
      expect(() => validate(content)).not.toThrow()
    }
  })

  it.skipIf(!hasKubectl).each(overlays)('are built the same by kubectl in %s', (overlay) => {
    const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', join(out, 'overlays', overlay)], {
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
    const theirs = readManifests(stdout, 'kubectl').manifests
    expect(byName(built(out, overlay))).toEqual(byName(theirs))
  })
})

function byName(manifests: readonly Manifest[]): object {
  return Object.fromEntries(manifests.map(({ kind, name, content }) => [`${kind}/${name}`, content]))
}

async function validatorOf(apiVersion: string, kind: string): Promise<(value: unknown) => void> {
  const owners: Readonly<Record<string, string>> = {
    'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator',
    'external-secrets.io/v1': '@kubernetes-models/external-secrets',
    'keda.sh/v1alpha1': '@kubernetes-models/keda',
  }
  const path = join(
    repositoryRoot,
    'node_modules',
    owners[apiVersion] ?? 'kubernetes-models',
    apiVersion,
    `${kind}.js`,
  )
  // Generated: a module with one class of the name, which validates itself.
  const module = (await import(pathToFileURL(path).href)) as Readonly<
    Record<string, new (value: unknown) => { validate(): void }>
  >
  const model = module[kind]
  if (model === undefined) throw new Error(`${path} has no ${kind}`)
  return (value) => {
    new model(value).validate()
  }
}
