import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import { loadServiceTools, type KeyDescription, type ShownValue } from '../config/service-tools.ts'

/** A service to run, with what its definition and configuration say of it before it is started. */
export interface ServiceSpec {
  /** Name within this run: that of its definition, else of its folder. */
  readonly name: string
  /** Absolute: where it runs and where changes are watched. */
  readonly folder: string
  /** Absolute path of the file that starts it. */
  readonly entry: string
  /** Ports that it would take by itself; `undefined` when its configuration could not be asked. */
  readonly ports: { readonly port: number; readonly opsPort: number } | undefined
  /** Whether something sets the address that it listens on. */
  readonly choosesHost: boolean
  /** Variable that holds the target of each dependency, by its name; `undefined` when its definition could not be asked. */
  readonly targets: Readonly<Record<string, string>> | undefined
  /** Its own time for a stop, in milliseconds. */
  readonly graceMs: number
  /** Why its definition could not be asked. */
  readonly note: string | undefined
}

/** Files that start a service, looked for in this order. */
const usualEntries = [
  'src/main.ts',
  'src/main.js',
  'main.ts',
  'main.js',
  'dist/main.js',
  'src/index.ts',
  'src/index.js',
  'index.ts',
  'index.js',
]

/** `shutdown.grace` of a service that says nothing (DESIGN §3.2). */
const GRACE_MS = 25_000

/**
 * Finds a service and asks its definition; nothing of it is started.
 *
 * @param argument folder or file, with a name before it where two would have the same: `stock=services/catalog`
 * @throws KeelsonError `KEELSON_CLI_USAGE` when there is nothing to start
 */
export async function readServiceSpec(
  argument: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ServiceSpec> {
  const { name, path } = splitName(argument)
  const place = findEntry(resolve(cwd, path), path)
  const facts = await readFacts(place.folder, env)
  return { ...place, ...facts, name: name ?? facts.name ?? folderName(place.folder) }
}

function splitName(argument: string): { readonly name: string | undefined; readonly path: string } {
  const match = /^([A-Za-z0-9][\w.-]*)=(.+)$/.exec(argument)
  return match === null ? { name: undefined, path: argument } : { name: match[1], path: match[2] ?? '' }
}

function findEntry(path: string, shown: string): { readonly folder: string; readonly entry: string } {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) {
    throw usage(`There is no ${shown}. Name a folder of a service, or the file that starts it.`)
  }
  if (found.isFile()) return { folder: packageFolderOf(path), entry: path }
  const entry = usualEntries.map((name) => join(path, name)).find((file) => existsSync(file))
  if (entry === undefined) {
    throw usage(
      `${shown} has none of ${usualEntries.join(', ')}. Name the file that starts the service: keelson dev ${join(shown, 'src/server.ts')}`,
    )
  }
  return { folder: path, entry }
}

/** The nearest folder with a `package.json`: that is where a service looks for `config/`. */
function packageFolderOf(file: string): string {
  let folder = dirname(file)
  for (;;) {
    if (existsSync(join(folder, 'package.json'))) return folder
    const above = dirname(folder)
    if (above === folder) return dirname(file)
    folder = above
  }
}

type Facts = Omit<ServiceSpec, 'folder' | 'entry' | 'name'> & { readonly name: string | undefined }

async function readFacts(folder: string, env: Readonly<Record<string, string | undefined>>): Promise<Facts> {
  try {
    const tools = await loadServiceTools(folder, undefined)
    const { values } = await tools.inspect({ env, argv: [], cwd: folder })
    return {
      name: tools.service,
      ports: { port: numberAt(values, 'http.port', 8080), opsPort: numberAt(values, 'ops.port', 8081) },
      choosesHost: (values['http.host']?.origin ?? 'schema') !== 'schema',
      targets: targetVariables(tools.describe()),
      graceMs: numberAt(values, 'shutdown.grace', GRACE_MS),
      note: undefined,
    }
  } catch (error) {
    // A service without a definition of its own, or with one that is broken just now, can be run all the same.
    const reason = isKeelsonError(error) || error instanceof Error ? error.message : String(error)
    const note = `Its definition cannot be asked, so that every service of the run is handed over to it. ${reason}`
    const nothing = { name: undefined, ports: portsIn(env), targets: undefined, choosesHost: false }
    return { ...nothing, graceMs: GRACE_MS, note }
  }
}

/** Ports that the environment names; a service of which nothing else is known takes them by itself. */
function portsIn({ PORT, OPS_PORT }: Readonly<Record<string, string | undefined>>): Facts['ports'] {
  const [port, opsPort] = [Number(PORT), Number(OPS_PORT)]
  return port > 0 && opsPort > 0 ? { port, opsPort } : undefined
}

function numberAt(values: Readonly<Record<string, ShownValue>>, key: string, otherwise: number): number {
  const value = values[key]?.value
  return typeof value === 'number' ? value : otherwise
}

function targetVariables(keys: readonly KeyDescription[]): Readonly<Record<string, string>> {
  const targets: Record<string, string> = {}
  for (const { key, environmentNames } of keys) {
    const dependency = /^dependencies\.(.+)\.target$/.exec(key)?.[1]
    const variable = environmentNames.find((name) => name.endsWith('_URL'))
    if (dependency !== undefined && variable !== undefined) targets[dependency] = variable
  }
  return targets
}

/** Last part of the package's name, else the folder's. */
function folderName(folder: string): string {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    if (typeof manifest === 'object' && manifest !== null && 'name' in manifest) {
      const last = typeof manifest.name === 'string' ? manifest.name.split('/').at(-1) : undefined
      if (last !== undefined && last !== '') return last
    }
  } catch {
    // No manifest: the folder has a name, too.
  }
  return basename(folder)
}

function usage(message: string): KeelsonError {
  return new KeelsonError('KEELSON_CLI_USAGE', message)
}
