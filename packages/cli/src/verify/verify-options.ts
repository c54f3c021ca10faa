import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { parseArgs } from 'node:util'
import { KeelsonError } from '@keelson/core/errors'
import type { CommandIo } from '../command.ts'
import { parseDuration } from '../duration.ts'
import { parseQuantity } from '../k8s/quantity.ts'
import { parseReportTarget, type ReportTarget } from '../report/report.ts'
import type { Check } from './check.ts'
import { completeContract, readContractFile, type Contract, type ContractFile } from './contract.ts'
import type { VerifyTarget } from './verify.ts'

/** A command line of `keelson verify`, read and checked. */
export type VerifyRequest =
  | { readonly action: 'list' }
  | { readonly action: 'explain'; readonly id: string }
  | {
      readonly action: 'verify'
      readonly target: VerifyTarget
      readonly contract: Contract
      readonly only: readonly string[]
      readonly skips: ReadonlyMap<string, string>
      readonly leak: boolean
      readonly reports: readonly ReportTarget[]
      /** `undefined`: any number of warnings. */
      readonly maxWarnings: number | undefined
    }

const contractFile = 'keelson.contract.json'
const pathNames = ['sample', 'liveness', 'readiness', 'metrics', 'slow', 'error'] as const

/**
 * Reads the arguments.
 *
 * @throws KeelsonError `KEELSON_CLI_USAGE`, `KEELSON_CLI_CONTRACT_INVALID`
 */
export function readVerifyOptions(
  args: readonly string[],
  { cwd }: Pick<CommandIo, 'cwd'>,
  catalogue: readonly Check[],
): VerifyRequest {
  const split = args.indexOf('--')
  const { values, positionals } = parse(split === -1 ? args : args.slice(0, split))
  const command = split === -1 ? undefined : args.slice(split + 1)
  if (values.list === true) return { action: 'list' }
  if (values.explain !== undefined) {
    requireKnown(
      [values.explain],
      catalogue.map(({ id }) => id),
      '--explain',
    )
    return { action: 'explain', id: values.explain }
  }
  const ids = catalogue.map(({ id }) => id)
  const only = (values.only ?? []).flatMap((list) => list.split(','))
  requireKnown(only, [...ids, ...new Set(catalogue.map(({ group }) => group))], '--only')
  const skips = new Map((values.skip ?? []).map(readSkip))
  requireKnown([...skips.keys()], ids, '--skip')
  const contract = readContract(values, cwd)
  requireKnown(
    contract.waivers.map(({ id }) => id),
    ids,
    'a waiver of the contract',
  )
  return {
    action: 'verify',
    target: readTarget(positionals, command, values.image),
    contract,
    only,
    skips,
    leak: values.leak === true,
    reports: (values.report ?? [])
      .flatMap((list) => list.split(/[ ,]+/))
      .map((text) => parseReportTarget(text, cwd)),
    maxWarnings:
      values['max-warnings'] === undefined
        ? undefined
        : readNumber(values['max-warnings'], '--max-warnings', 0, 1e6),
  }
}

type Values = ReturnType<typeof parse>['values']

// The type is the one of the table below; written by hand it would be a second list to keep.
// oxlint-disable-next-line typescript/explicit-function-return-type
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        image: { type: 'string' },
        contract: { type: 'string' },
        profile: { type: 'string' },
        port: { type: 'string' },
        'ops-port': { type: 'string' },
        path: { type: 'string', multiple: true },
        'ready-timeout': { type: 'string' },
        leak: { type: 'boolean' },
        memory: { type: 'string' },
        grace: { type: 'string' },
        only: { type: 'string', multiple: true },
        skip: { type: 'string', multiple: true },
        report: { type: 'string', multiple: true },
        'max-warnings': { type: 'string' },
        list: { type: 'boolean' },
        explain: { type: 'string' },
      },
    })
  } catch (error) {
    throw usage(
      `${error instanceof Error ? error.message.split('\n')[0] : String(error)} See keelson verify --help.`,
    )
  }
}

function requireKnown(wanted: readonly string[], known: readonly string[], where: string): void {
  const unknown = wanted.find((id) => !known.includes(id))
  if (unknown !== undefined)
    throw usage(`"${unknown}" in ${where} is no check. keelson verify --list shows them all.`)
}

function readSkip(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  const reason = at === -1 ? '' : text.slice(at + 1).trim()
  if (reason === '')
    throw usage(
      `--skip ${text} has no reason. Write --skip ${at === -1 ? text : text.slice(0, at)}="why it is left out".`,
    )
  return [text.slice(0, at), reason]
}

function readTarget(
  positionals: readonly string[],
  command: readonly string[] | undefined,
  image: string | undefined,
): VerifyTarget {
  const [url, ...more] = positionals
  const given = [url, command, image].filter((one) => one !== undefined).length
  if (given !== 1 || more.length > 0)
    throw usage(
      'verify takes exactly one of <url>, --image <name> and -- <command…>. See keelson verify --help.',
    )
  if (image !== undefined) return { kind: 'image', image }
  if (command !== undefined) {
    if (command.length === 0)
      throw usage('No command stands behind --. Write keelson verify -- node dist/main.js.')
    return { kind: 'command', command }
  }
  const parsed = URL.parse(url ?? '')
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw usage(`"${url}" is no URL. Write http://host:port; a command stands behind --.`)
  return { kind: 'url', url: `${parsed.origin}${parsed.pathname}` }
}

function readContract(values: Values, cwd: string): Contract {
  const written = values.contract
  const path =
    written === undefined ? join(cwd, contractFile) : isAbsolute(written) ? written : join(cwd, written)
  const file: ContractFile = written !== undefined || existsSync(path) ? readContractFile(path) : {}
  return completeContract({ ...file, ...overrides(values, file) })
}

/** What the command line says stands above what the file says. */
function overrides(values: Values, file: ContractFile): ContractFile {
  const { profile } = values
  if (profile !== undefined && profile !== 'keelson' && profile !== 'generic')
    throw usage(`--profile is "${profile}". It takes keelson or generic.`)
  const paths = Object.fromEntries((values.path ?? []).map(readPath))
  const readyTimeout = readDuration(values['ready-timeout'], '--ready-timeout')
  const grace = readDuration(values.grace, '--grace')
  const memoryBytes = values.memory === undefined ? undefined : readMemory(values.memory)
  return {
    ...(profile === undefined ? {} : { profile }),
    ...(values.port === undefined ? {} : { port: readNumber(values.port, '--port', 1, 65_535) }),
    ...(values['ops-port'] === undefined
      ? {}
      : { opsPort: readNumber(values['ops-port'], '--ops-port', 1, 65_535) }),
    paths: { ...file.paths, ...paths },
    limits: { ...file.limits, ...(memoryBytes === undefined ? {} : { memoryBytes }) },
    start: { ...file.start, ...(readyTimeout === undefined ? {} : { readyTimeout }) },
    stop: { ...file.stop, ...(grace === undefined ? {} : { grace }) },
  }
}

function readPath(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  const [name, path] = [text.slice(0, at), text.slice(at + 1)]
  if (!pathNames.some((one) => one === name) || !/^(?:\/.*|none)$/.test(path))
    throw usage(
      `--path ${text} is wrong. Write --path name=/path or name=none; names are ${pathNames.join(', ')}.`,
    )
  return [name, path]
}

function readDuration(text: string | undefined, option: string): string | undefined {
  if (text !== undefined && parseDuration(text) === undefined)
    throw usage(`${option} is "${text}". Write a duration such as 500ms, 30s or 2m.`)
  return text
}

/** Below this no version of Node starts. */
const MIN_MEMORY_BYTES = 32 * 2 ** 20

function readMemory(text: string): number {
  const bytes = parseQuantity(text)
  if (bytes === undefined || !Number.isInteger(bytes) || bytes < MIN_MEMORY_BYTES)
    throw usage(`--memory is "${text}". It takes a size of at least 32Mi, such as 256Mi or 1Gi.`)
  return bytes
}

function readNumber(text: string, option: string, min: number, max: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw usage(`${option} is "${text}". It takes a whole number from ${min} to ${max}.`)
  return value
}

function usage(message: string): KeelsonError {
  return new KeelsonError('KEELSON_CLI_USAGE', message)
}
