// Renders manifests of services, for the tests of what is rendered.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildKustomization } from '../../packages/cli/src/k8s/kustomize/build.ts'
import { fieldsAt, listAt, valueAt } from '../../packages/cli/src/k8s/fields.ts'
import type { Manifest } from '../../packages/cli/src/k8s/manifest.ts'
import { repositoryRoot } from '../../scripts/repository.ts'

const bin = join(repositoryRoot, 'packages/cli/src/bin.ts')

/** What the command came to. */
export interface Run {
  readonly status: number | null
  /** Standard output, then standard error. */
  readonly output: string
}

/** Folders for renderings, and for services of a test's own. */
export interface RenderWorkshop extends Disposable {
  /** Runs `keelson k8s …` in a folder. */
  keelson(args: readonly string[], cwd: string): Run
  /** Makes a service. It lies inside the repository, so that it finds its keelson as an installed one would. */
  service(name: string, files: Readonly<Record<string, string>>): string
  /** Renders a service into a new folder, and gives that folder. */
  render(cwd: string, ...more: readonly string[]): string
}

/** Arguments that every rendering of a test has. */
export const renderArgs: readonly string[] = ['--image', 'registry.example.org/x', '--tag', '1.2.3']

/** Overlays that are rendered when nothing is said. */
export const overlays: readonly string[] = ['dev', 'staging', 'prod']

/** Makes a {@link RenderWorkshop}; dispose of it. */
export function createWorkshop(): RenderWorkshop {
  const work = mkdtempSync(join(tmpdir(), 'keelson-rendered-'))
  const own = mkdtempSync(join(repositoryRoot, 'test/contract/rendered-'))
  return {
    keelson,
    service(name, files) {
      const folder = join(own, name)
      rmSync(folder, { recursive: true, force: true })
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, file)), { recursive: true })
        writeFileSync(join(folder, file), text)
      }
      return folder
    },
    render(cwd, ...more) {
      const out = mkdtempSync(join(work, 'k8s-'))
      const { status, output } = keelson(['render', '--out', out, ...renderArgs, ...more], cwd)
      if (status !== 0) throw new Error(`render ended with ${status}: ${output}`)
      return out
    },
    [Symbol.dispose]() {
      rmSync(work, { recursive: true, force: true })
      rmSync(own, { recursive: true, force: true })
    },
  }
}

function keelson(args: readonly string[], cwd: string): Run {
  const command = ['--conditions=keelson-source', bin, 'k8s', ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd, encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

/** The objects of an overlay, built without kubectl. */
export function built(out: string, overlay: string): readonly Manifest[] {
  const { manifests, problems } = buildKustomization(join(out, 'overlays', overlay), out)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return manifests
}

/** The specification of the pods of an overlay. */
export function podOf(out: string, overlay: string): unknown {
  const deployment = built(out, overlay).find(({ kind }) => kind === 'Deployment')
  return valueAt(deployment?.content, 'spec', 'template', 'spec')
}

/** The only container of those pods. */
export function containerOf(out: string, overlay: string): Readonly<Record<string, unknown>> {
  return fieldsAt(listAt(podOf(out, overlay), 'containers')[0])
}

/** The text of the deployment, whose comments explain its numbers. */
export function deploymentText(out: string): string {
  return readFileSync(join(out, 'base/deployment.yaml'), 'utf8')
}
