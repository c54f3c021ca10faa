import { basename } from 'node:path'
import { cancel, confirm, intro, isCancel, outro, select, text } from '@clack/prompts'
import {
  bases,
  defaultImage,
  defaultPipeline,
  imageProblem,
  nameProblem,
  pipelines,
  templates,
} from './answers.ts'
import { CreateError } from './create-error.ts'
import type { CreateOptions } from './options.ts'

const hints: Readonly<Record<string, string>> = {
  api: 'HTTP service with route, test, image, manifests',
  worker: 'consumer without HTTP: only probes and metrics listen',
  minimal: 'sources, test and image alone',
  alpine: 'smallest with a shell; musl resolves names in its own way',
  slim: 'Debian with a shell',
  distroless: 'Debian, no shell, no package manager',
}

/**
 * Asks what the options leave open. The only file that imports the prompts, and imported only when there is something to ask.
 *
 * @throws CreateError `KEELSON_CREATE_CANCELLED`
 */
export async function ask(options: CreateOptions): Promise<CreateOptions> {
  const { given } = options
  intro('A service with keelson')
  const folder = options.folder ?? (await askText('Folder', 'my-service', undefined))
  const proposed = basename(folder)
  const name =
    given.name ??
    (nameProblem(proposed) === undefined ? proposed : await askText('Name of the service', '', nameProblem))
  const template = given.template ?? (await choose('Template', templates, 'api'))
  const base = given.base ?? (await choose('Image', bases, 'alpine'))
  const isKnown = templates.find((one) => one === template)
  const ci = given.ci ?? (await choose('Pipeline', pipelines, defaultPipeline(isKnown ?? 'api')))
  const image = given.image ?? (await askText('Name of the image', defaultImage(name), imageProblem))
  const install = options.install ?? answered(await confirm({ message: 'Install the packages now?' }))
  outro(`${folder}: ${template}, ${base}, ${ci}`)
  return { ...options, folder, given: { ...given, name, template, base, ci, image }, install }
}

async function askText(
  message: string,
  initialValue: string,
  problemOf: ((value: string) => string | undefined) | undefined,
): Promise<string> {
  const validate = (value: string | undefined): string | undefined =>
    value === undefined || value === '' ? 'Something has to stand here.' : problemOf?.(value)
  return answered(await text({ message, initialValue, validate }))
}

async function choose(message: string, choices: readonly string[], initialValue: string): Promise<string> {
  const options = choices.map((value) => {
    const hint = hints[value]
    return hint === undefined ? { value } : { value, hint }
  })
  return answered(await select({ message, options, initialValue }))
}

function answered<Value>(value: Value): Exclude<Value, symbol> {
  if (!isCancel(value)) return value as Exclude<Value, symbol> // the one symbol that prompts answer with is that of leaving
  cancel('Left. Nothing was written.')
  throw new CreateError('KEELSON_CREATE_CANCELLED', 'Left. Nothing was written.')
}
