import { existsSync, readdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { join } from 'node:path'
import type { CommandIo } from '../command.ts'
import { cliExitCodes } from '../exit-codes.ts'
import { showText } from '../terminal.ts'
import type { ConfigRequest } from './config-options.ts'
import type { ConfigFault, ServiceTools } from './service-tools.ts'

/** `keelson config print`: every key as the service would see it. */
export async function printConfig(
  tools: ServiceTools,
  request: ConfigRequest,
  io: CommandIo,
): Promise<number> {
  const config = await tools.open(request.place)
  try {
    const values = config.toRedacted()
    if (request.json) io.out(`${JSON.stringify(values, undefined, 2)}\n`)
    else {
      const width = Math.max(...Object.keys(values).map((key) => key.length))
      for (const [key, { value, origin, pending }] of Object.entries(values)) {
        const waiting =
          pending === undefined ? '' : `, at the next start ${shown(pending.value)} from ${pending.origin}`
        io.out(`${key.padEnd(width)}  ${shown(value)}  (${showText(origin)}${waiting})\n`)
      }
    }
    for (const warning of config.warnings) io.err(`note: ${showText(warning, 2_000)}\n`)
    return cliExitCodes.pass
  } finally {
    await config.close()
  }
}

/** `keelson config explain`: all that is known of one key. */
export async function explainKey(
  tools: ServiceTools,
  request: ConfigRequest,
  io: CommandIo,
): Promise<number> {
  const config = await tools.open(request.place)
  try {
    const [key = ''] = request.operands
    const found = config.explain(key)
    if (request.json) {
      io.out(`${JSON.stringify(found, undefined, 2)}\n`)
      return cliExitCodes.pass
    }
    const marks = [found.pinned ? 'pinned' : '', found.shadowed ? 'shadowed' : ''].filter(
      (mark) => mark !== '',
    )
    const lines = [
      `${found.key} = ${shown(found.value)}`,
      `  from     ${showText(found.origin)}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`,
      ...(found.doc === undefined ? [] : [`  doc      ${showText(found.doc)}`]),
      `  format   ${found.format}`,
      `  reload   ${found.reload}`,
      `  env      ${found.environmentNames.join(', ')}`,
      '  layers, low to high',
      ...found.layers.map(({ origin, value }) => `    ${shown(value)}  (${showText(origin)})`),
    ]
    if (found.pending !== undefined) {
      lines.push(`  pending  ${shown(found.pending.value)}  (${found.pending.origin})`)
    }
    io.out(`${lines.join('\n')}\n`)
    return cliExitCodes.pass
  } finally {
    await config.close()
  }
}

/** Formats of keys that hold no secret, whatever they are called: `retry.budget.maxTokens` is a number. */
const noTexts: ReadonlySet<string> = new Set(['number', 'nat', 'int', 'bytes', 'duration', 'boolean', 'port'])

/** `keelson config check`: the files of every environment, offline. */
export async function checkFiles(
  tools: ServiceTools,
  request: ConfigRequest,
  io: CommandIo,
): Promise<number> {
  const environments = request.operands.length > 0 ? request.operands : environmentsIn(request.place.cwd)
  let faultCount = 0
  for (const environment of environments) {
    const { faults, warnings } = await tools.inspect(fileOnly(request, environment))
    const missing = faults.filter((fault) => fault.missing === true)
    const counted = request.strict ? faults : faults.filter((fault) => fault.missing !== true)
    faultCount += counted.length
    io.out(`${environment}: ${counted.length === 0 ? 'well' : `${counted.length} faults`}\n`)
    for (const fault of counted) io.out(faultText(fault))
    for (const warning of warnings) io.out(`  note: ${showText(warning, 2_000)}\n`)
    if (!request.strict && missing.length > 0) {
      io.out(`  to be set where it runs: ${missing.map(({ key }) => key).join(', ')}\n`)
    }
  }
  for (const { key, sensitive, format } of tools.describe()) {
    if (
      !sensitive &&
      !noTexts.has(format) &&
      /password|passwd|secret|token|credential|private_?key|api_?key/i.test(key)
    ) {
      io.out(`note: ${key} sounds like a secret and is not sensitive: true.\n`)
    }
  }
  return faultCount === 0 ? cliExitCodes.pass : cliExitCodes.broken
}

/** `keelson config diff`: what two environments have different by their files. */
export async function diffEnvironments(
  tools: ServiceTools,
  request: ConfigRequest,
  io: CommandIo,
): Promise<number> {
  const [left = '', right = ''] = request.operands
  const [a, b] = await Promise.all([
    tools.inspect(fileOnly(request, left)),
    tools.inspect(fileOnly(request, right)),
  ])
  const keys = [...new Set([...Object.keys(a.values), ...Object.keys(b.values)])]
  const differing = keys.filter((key) => !isDeepStrictEqual(a.values[key]?.value, b.values[key]?.value))
  if (request.json) {
    const rows = differing.map((key) => [key, { [left]: a.values[key], [right]: b.values[key] }])
    io.out(`${JSON.stringify(Object.fromEntries(rows), undefined, 2)}\n`)
  } else {
    for (const key of differing) {
      io.out(`${key}\n`)
      for (const [name, found] of [
        [left, a.values[key]],
        [right, b.values[key]],
      ] as const) {
        io.out(
          found === undefined
            ? `  ${name}: nothing\n`
            : `  ${name}: ${shown(found.value)}  (${showText(found.origin)})\n`,
        )
      }
    }
  }
  return differing.length === 0 ? cliExitCodes.pass : cliExitCodes.broken
}

/** A fault as lines for people. */
export function faultText({ key, value, problem, origin, suggestion }: ConfigFault): string {
  const what = `${key}${value === undefined ? '' : ` = ${value}`} ${problem}`
  return `  ${showText(what)}\n    origin: ${showText(origin)}\n    remedy: ${showText(suggestion)}\n`
}

/** Only the files and arguments: a build has neither the variables nor the etcd of where the service runs. */
function fileOnly({ place }: ConfigRequest, environment: string): ConfigRequest['place'] {
  return { ...place, env: { APP_ENV: environment } }
}

// `schema.json` is what `keelson config docs --format json-schema` writes there for editors.
const notEnvironments: ReadonlySet<string> = new Set(['default', 'local', 'schema'])

/** Environments that have a file of their own in `config/`; `development` when there is none. */
export function environmentsIn(cwd: string): readonly string[] {
  const folder = join(cwd, 'config')
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []
  const names = files.map((name) => name.slice(0, -5)).filter((name) => !notEnvironments.has(name))
  return names.length > 0 ? names.toSorted() : ['development']
}

function shown(value: unknown): string {
  return showText(JSON.stringify(value) ?? 'nothing')
}
