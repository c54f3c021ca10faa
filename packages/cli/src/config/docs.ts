import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { KeelsonError } from '@keelson/core/errors'
import type { CommandIo } from '../command.ts'
import { cliExitCodes } from '../exit-codes.ts'
import { keysFile } from '../k8s/service-settings.ts'
import { type ConfigRequest, usage } from './config-options.ts'
import { textOf, textOnOneLine } from './default-text.ts'
import { environmentsIn } from './look.ts'
import { environmentExample } from './docs-environment.ts'
import { jsonSchema } from './docs-json-schema.ts'
import { kubernetesManifests } from './docs-kubernetes.ts'
import { markdownTable } from './docs-markdown.ts'
import type { KeyDescription, ServiceTools } from './service-tools.ts'

/** One kind of document, made from the keys of a service. */
type Renderer = (service: string, keys: readonly KeyDescription[], environment: string) => string

const renderers: Readonly<Record<string, Renderer>> = {
  markdown: markdownTable,
  'json-schema': jsonSchema,
  'env-example': environmentExample,
  kubernetes: kubernetesManifests,
  etcdctl: etcdctlLines,
}

/** `keelson config docs`: writes a document, or says whether the one that is there is what would be written. */
export async function writeDocs(tools: ServiceTools, request: ConfigRequest, io: CommandIo): Promise<number> {
  const { format, out, check, place } = request
  const render = Object.hasOwn(renderers, format) ? renderers[format] : undefined
  if (render === undefined && format !== 'keys')
    throw usage(`--format ${format} is none of ${[...Object.keys(renderers), 'keys'].join(', ')}.`)
  if (check && out === undefined) throw usage('--check needs --out FILE, the document to compare with.')
  const text =
    render === undefined
      ? await keysFile(tools, place.cwd, environmentsIn(place.cwd))
      : render(tools.service, tools.describe().map(withShortDoc), place.env['APP_ENV'] ?? 'production')
  if (out === undefined) {
    io.out(text)
    return cliExitCodes.pass
  }
  const path = resolve(place.cwd, out)
  if (!check) {
    writeText(path, text)
    return cliExitCodes.pass
  }
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return cliExitCodes.pass
  io.err(
    `${out} is not what the schema says. Write it anew: keelson config docs --format ${format} --out ${out}\n`,
  )
  return cliExitCodes.broken
}

/** Documents put it into a comment or a cell, which ends with the line. */
function withShortDoc(key: KeyDescription): KeyDescription {
  return { ...key, doc: key.doc?.replaceAll(/\s*\n\s*/g, ' ') }
}

function writeText(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new KeelsonError('KEELSON_CLI_REPORT_UNWRITABLE', `The document cannot be written: ${reason}.`, {
      cause: error,
    })
  }
}

/** Lines for `etcdctl` with the default of every key that etcd may set. */
function etcdctlLines(service: string, keys: readonly KeyDescription[], environment: string): string {
  const org = textOf(keys.find(({ key }) => key === 'etcd.org')?.default) || 'keelson'
  const lines = keys
    .filter(({ sources }) => sources.includes('remote'))
    .flatMap(({ key, doc, reload, default: value }) => [
      ...(doc === undefined ? [] : [`# ${doc} (${reload})`]),
      `# etcdctl put /${org}/${environment}/${service}/${key.replaceAll('.', '/')} ${quoted(textOnOneLine(value))}`,
    ])
  return `#!/bin/sh\n# Keys of ${service} that etcd may set, with their defaults. For every service: _shared instead of ${service}.\n${lines.join('\n')}\n`
}

/** A shell word that stands for itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
