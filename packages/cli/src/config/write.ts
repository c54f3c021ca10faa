import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CommandIo } from '../command.ts'
import { parseDuration } from '../duration.ts'
import { cliExitCodes } from '../exit-codes.ts'
import { type ConfigRequest, usage } from './config-options.ts'
import { textOf } from './default-text.ts'
import { createEtcdGateway } from './etcd-gateway.ts'
import { faultText } from './look.ts'
import type { KeyDescription, ServiceTools, ShownValue } from './service-tools.ts'

/** `keelson config set`: one value to etcd, once the schema takes it. */
export async function setKey(tools: ServiceTools, request: ConfigRequest, io: CommandIo): Promise<number> {
  const [key = '', value = ''] = request.operands
  return write(tools, request, io, new Map([[key, value]]))
}

/** `keelson config import`: every leaf of a JSON file to etcd. */
export async function importFile(
  tools: ServiceTools,
  request: ConfigRequest,
  io: CommandIo,
): Promise<number> {
  const [file = ''] = request.operands
  let content: unknown
  try {
    content = JSON.parse(readFileSync(resolve(request.place.cwd, file), 'utf8'))
  } catch (error) {
    throw usage(`${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const values = new Map<string, string>()
  collectLeaves(content, '', new Set(tools.describe().map(({ key }) => key)), values)
  return write(tools, request, io, values)
}

// etcd takes 128 operations in one transaction by default.
const maxKeysAtOnce = 100

async function write(
  tools: ServiceTools,
  request: ConfigRequest,
  io: CommandIo,
  values: ReadonlyMap<string, string>,
): Promise<number> {
  const ttlMs = request.ttl === undefined ? undefined : (parseDuration(request.ttl) ?? 0)
  if (ttlMs !== undefined && ttlMs < 1_000) throw usage(`--ttl ${request.ttl} is no duration of 1s or more.`)
  const refusals = [...notForEtcd(values, tools.describe()), ...(await refusedValues(tools, request, values))]
  if (refusals.length > 0) {
    for (const refusal of refusals) io.err(refusal)
    return cliExitCodes.broken
  }
  const { values: settings, environment } = await tools.inspect(request.place)
  const gateway = createEtcdGateway({ ...gatewayOptions(request, settings), signal: io.signal })
  const org = textOf(settings['etcd.org']?.value)
  const prefix = `/${org}/${environment}/${request.shared ? '_shared' : tools.service}/`
  const all = [...values].map(([key, value]) => [`${prefix}${key.replaceAll('.', '/')}`, value] as const)
  for (let start = 0; start < all.length; start += maxKeysAtOnce) {
    const part = new Map(all.slice(start, start + maxKeysAtOnce))
    const revision = await gateway.put(part, ttlMs === undefined ? undefined : Math.round(ttlMs / 1_000))
    for (const key of part.keys()) io.out(`${key} written, revision ${revision}\n`)
  }
  return cliExitCodes.pass
}

function notForEtcd(
  values: ReadonlyMap<string, string>,
  described: readonly KeyDescription[],
): readonly string[] {
  return [...values.keys()].flatMap((key) => {
    const found = described.find(
      (one) => one.key === key || (key.startsWith(`${one.key}.`) && Object.keys(one.members).length > 0),
    )
    if (found === undefined) return [`  ${key} is not a key of the service.\n`]
    return found.sources.includes('remote') ? [] : [`  ${key} cannot be set from etcd.\n`]
  })
}

/** The schema's own opinion, got by handing the values over as arguments. */
async function refusedValues(
  tools: ServiceTools,
  { place }: ConfigRequest,
  values: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const argv = [...values].flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const { faults } = await tools.inspect({ ...place, argv })
  return faults.filter(({ origin }) => origin.startsWith('--set')).map(faultText)
}

function gatewayOptions(
  { etcd, place }: ConfigRequest,
  settings: Readonly<Record<string, ShownValue>>,
): Omit<Parameters<typeof createEtcdGateway>[0], 'signal'> {
  const setting = (key: string) => textOf(settings[key]?.value) || undefined
  const configured = settings['etcd.endpoints']?.value
  const endpoints = etcd.endpoints?.split(',') ?? (Array.isArray(configured) ? configured.map(String) : [])
  if (endpoints.length === 0) throw usage('No etcd is configured. Name it by --endpoints or ETCD_ENDPOINTS.')
  return {
    endpoints: endpoints.map((endpoint) => endpoint.trim().replace(/\/$/, '')),
    user: etcd.user,
    // Not an option: command lines are seen by everybody on the machine.
    password: place.env['ETCD_PASSWORD'],
    caFile: etcd.caFile ?? setting('etcd.tls.caFile'),
    certFile: etcd.certFile ?? setting('etcd.tls.certFile'),
    keyFile: etcd.keyFile ?? setting('etcd.tls.keyFile'),
  }
}

/** An object is a group unless the schema has a key there, such as a map. */
function collectLeaves(
  node: unknown,
  key: string,
  keys: ReadonlySet<string>,
  values: Map<string, string>,
): void {
  if (typeof node !== 'object' || node === null || Array.isArray(node) || keys.has(key)) {
    if (key !== '$schema') values.set(key, textOf(node))
    return
  }
  for (const [name, member] of Object.entries(node)) {
    collectLeaves(member, key === '' ? name : `${key}.${name}`, keys, values)
  }
}
