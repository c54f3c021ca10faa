import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { KeelsonError } from '@keelson/core/errors'
import type { CommandIo } from '../../command.ts'
import { loadServiceTools } from '../../config/service-tools.ts'
import { cliExitCodes } from '../../exit-codes.ts'
import { parseQuantity } from '../quantity.ts'
import {
  renderComponents,
  renderDefaults,
  type RenderChoices,
  type RenderComponent,
  type RenderOverlay,
} from './render-options.ts'
import { planRendering } from './render-plan.ts'
import { writeRendering, type FileOutcome } from './write-rendering.ts'

/** Text of `keelson k8s --help` for `render`. */
export const renderHelp: string = `keelson k8s render [options]

Writes Kubernetes manifests for the service in this folder, from its definition and the files in config/: a kustomize base,
overlays, and components for what not every cluster has. Every number is explained beside it. What was edited by hand since
the last rendering is never overwritten.

  --out FOLDER           where to (k8s)
  --service FILE         module that exports the definition (src/service.ts and the like)
  --image NAME           image without tag (the name of the service)
  --tag TAG              tag of the image (version of package.json)
  --memory QUANTITY      request and limit of memory (${renderDefaults.memory})
  --cpu QUANTITY         request of cpu (${renderDefaults.cpu}); there is no limit
  --overlay NAME=ENV     an overlay and its environment; as often as wanted, the one that matters most last
                         (${renderDefaults.overlays.map(({ name, environment }) => `${name}=${environment}`).join(' ')})
  --with COMPONENT       ${renderComponents.join(' or ')}; as often as wanted
  --force                take the rendering for files that were edited
  --keep                 keep edited files, and take note of what they were compared with: after merging by hand
  --check                write nothing; 1 when the files are not what would be written

Exit codes: 0 written or as it should be, 1 an edited file stands against a rendering that has changed (or --check found
something), 2 wrong command line or definition, 4 internal error.

  keelson k8s render --image registry.example.org/video/delivery
  keelson k8s lint --service - k8s/overlays/prod
  kubectl apply -k k8s/overlays/prod
`

/** `keelson k8s render`. */
export async function runRender(args: readonly string[], io: CommandIo): Promise<number> {
  const values = parse(args)
  const choices = readChoices(values, io.cwd)
  const tools = await loadServiceTools(io.cwd, values.service)
  const out = values.out ?? renderDefaults.out
  const folder = resolve(io.cwd, out)
  const files = await planRendering(
    tools,
    { cwd: io.cwd, folder },
    { ...choices, image: values.image ?? tools.service },
  )
  const edited = values.force === true ? 'overwrite' : values.keep === true ? 'accept' : 'report'
  const outcomes = writeRendering(files, {
    folder,
    edited,
    dryRun: values.check === true,
  })
  return report(outcomes, { out, isCheck: values.check === true, isKeep: edited === 'accept' }, io)
}

// The type is that of the table; written by hand it would be a second list to keep.
// oxlint-disable-next-line typescript/explicit-function-return-type
function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        out: { type: 'string' },
        service: { type: 'string' },
        image: { type: 'string' },
        tag: { type: 'string' },
        memory: { type: 'string' },
        cpu: { type: 'string' },
        overlay: { type: 'string', multiple: true },
        with: { type: 'string', multiple: true },
        force: { type: 'boolean' },
        keep: { type: 'boolean' },
        check: { type: 'boolean' },
      },
    })
    if ([values.force, values.keep, values.check].filter((one) => one === true).length > 1)
      throw usage('--force, --keep and --check contradict each other; take one of them.')
    return values
  } catch (error) {
    if (error instanceof KeelsonError) throw error
    throw usage(
      `${error instanceof Error ? error.message.split('\n')[0] : String(error)} See keelson k8s --help.`,
    )
  }
}

function readChoices(values: ReturnType<typeof parse>, cwd: string): Omit<RenderChoices, 'image'> {
  const overlays = (values.overlay ?? []).map(readOverlay)
  const { image = 'name', memory = renderDefaults.memory, cpu = renderDefaults.cpu } = values
  const tag = values.tag ?? versionOf(cwd)
  // As the reference of images is written (distribution/reference): a tag or digest would be a second one.
  if (
    !/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._/-]+)?$/.test(image) ||
    /:[^/]*$/.test(image.replace(/^[^/]+:\d+\//, ''))
  )
    throw usage(`--image is "${image}". Write the name without a tag; the tag is given by --tag.`)
  if (!/^\w[\w.-]{0,127}$/.test(tag) || tag === 'latest')
    throw usage(`--tag is "${tag}". Write a version; latest says nothing.`)
  for (const [option, text] of [
    ['--memory', memory],
    ['--cpu', cpu],
  ] as const) {
    if ((parseQuantity(text) ?? 0) <= 0)
      throw usage(`${option} is "${text}". Write a quantity of Kubernetes, such as 512Mi or 100m.`)
  }
  return {
    tag,
    memory,
    cpu,
    overlays: overlays.length > 0 ? overlays : renderDefaults.overlays,
    components: [...new Set((values.with ?? []).map(readComponent))],
  }
}

function readOverlay(text: string): RenderOverlay {
  const [, name, environment] = /^([a-z0-9][a-z0-9-]*)=([A-Za-z0-9][\w-]*)$/.exec(text) ?? []
  if (name === undefined || environment === undefined)
    throw usage(`--overlay is "${text}". Write name=environment, such as prod=production.`)
  return { name, environment }
}

function readComponent(text: string): RenderComponent {
  const found = renderComponents.find((component) => component === text)
  if (found === undefined) throw usage(`--with is "${text}". It takes ${renderComponents.join(' or ')}.`)
  return found
}

function versionOf(cwd: string): string {
  const path = join(cwd, 'package.json')
  if (!existsSync(path)) return '0.0.0'
  const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const isNamed = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return isNamed && typeof manifest.version === 'string' ? manifest.version : '0.0.0'
}

function report(
  outcomes: readonly FileOutcome[],
  { out, isCheck, isKeep }: { readonly out: string; readonly isCheck: boolean; readonly isKeep: boolean },
  io: CommandIo,
): number {
  const of = (...kinds: readonly FileOutcome['what'][]) => outcomes.filter(({ what }) => kinds.includes(what))
  const conflicts = isKeep ? [] : of('conflict')
  for (const { path } of of('kept')) io.out(`kept as it was edited: ${out}/${path}\n`)
  for (const { path } of conflicts)
    io.err(
      `${out}/${path} was edited or taken away by hand, and its rendering has changed. Take it with --force and look at the difference, or merge by hand and say --keep.\n`,
    )
  const different = of('new', 'changed')
  if (isCheck) {
    for (const { path } of different) io.err(`${out}/${path} is not what would be written.\n`)
    return different.length + conflicts.length > 0 ? cliExitCodes.broken : cliExitCodes.pass
  }
  for (const { path, what } of different) io.out(`${what === 'new' ? 'made' : 'written'}: ${out}/${path}\n`)
  if (different.length + conflicts.length === 0) io.out('Nothing has changed.\n')
  return conflicts.length > 0 ? cliExitCodes.broken : cliExitCodes.pass
}

function usage(message: string): KeelsonError {
  return new KeelsonError('KEELSON_CLI_USAGE', message)
}
