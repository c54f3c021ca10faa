import { describe, expect, it } from 'vitest'
import type { CommandIo } from '../command.ts'
import { readConfigOptions } from './config-options.ts'
import { writeDocs } from './docs.ts'
import type { KeyDescription, ServiceTools } from './service-tools.ts'

const key = (own: Partial<KeyDescription> & { readonly key: string }): KeyDescription => ({
  doc: undefined,
  format: 'string',
  accepts: 'a text',
  values: undefined,
  default: '',
  required: false,
  nullable: false,
  sensitive: false,
  reload: 'restart',
  sources: ['default', 'file', 'env', 'remote', 'arg'],
  environmentNames: [own.key.toUpperCase().replaceAll('.', '__')],
  members: {},
  unit: undefined,
  deprecated: undefined,
  ...own,
})

const keys = [
  key({ key: 'level', format: 'enum', values: ['a|b', 'c'], default: 'c', reload: 'hot', doc: 'Which\none' }),
  key({ key: 'db.port', format: 'port', default: undefined, required: true, sources: ['file', 'env'] }),
  key({ key: 'db.wait', format: 'duration', default: '5s', unit: 'time', deprecated: 'use db.timeout' }),
  key({ key: 'db.password', default: '[redacted]', sensitive: true, sources: ['default', 'file', 'env'] }),
  key({ key: 'labels', format: 'map of integer', default: { "it's": 1 } }),
  key({ key: 'hosts', format: 'array of url', default: null, nullable: true }),
  key({ key: 'banner', default: 'two\nlines' }),
  key({ key: 'mailer', format: 'schema of zod', default: {}, members: { host: ['SMTP_HOST'] } }),
]

const nothing = () => Promise.reject(new Error('not to be called'))
const tools: ServiceTools = {
  service: 'catalog',
  serves: true,
  describeService: () => ({ name: 'catalog', dependencies: [], metrics: [] }),
  describe: () => keys,
  inspect: nothing,
  open: nothing,
}

async function docs(format: string): Promise<string> {
  let text = ''
  const io: CommandIo = {
    out: (part) => (text += part),
    err: () => undefined,
    outIsTerminal: false,
    errIsTerminal: false,
    env: {},
    cwd: '/nowhere',
    signal: new AbortController().signal,
  }
  expect(await writeDocs(tools, readConfigOptions(['docs', '--format', format], io), io)).toBe(0)
  return text
}

describe('documents of keelson config docs', () => {
  it('has a row for each key, which no value can break', async () => {
    const text = await docs('markdown')
    expect(text).toContain('| `level` | `a\\|b`, `c` | `c` | `LEVEL` | hot | Which one |')
    expect(text).toContain('| `db.port` | port | required | `DB__PORT` | not from etcd |  |')
    expect(text).toContain('secret, not from etcd')
    expect(text).toContain('Unit: time. Deprecated: use db.timeout')
    expect(text).toContain('`MAILER` `SMTP_HOST`')
  })

  it('is a JSON Schema of the files, strict about groups, and without the defaults of secrets', async () => {
    expect(JSON.parse(await docs('json-schema'))).toMatchObject({
      additionalProperties: false,
      properties: {
        level: { enum: ['a|b', 'c'], default: 'c' },
        db: {
          additionalProperties: false,
          properties: {
            port: { type: 'integer', maximum: 65_535 },
            wait: { type: ['string', 'number'], deprecated: true },
            password: { type: 'string' },
          },
        },
        labels: { additionalProperties: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
        hosts: { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }] },
        mailer: {},
      },
    })
    expect(await docs('json-schema')).not.toContain('redacted')
  })

  it('is an environment that is commented out, with the file form of secrets', async () => {
    const text = await docs('env-example')
    const lines = text.split('\n').filter((line) => line !== '')
    expect(lines.every((line) => line.startsWith('#'))).toBe(true)
    expect(text).toContain('# DB__PASSWORD=\n')
    expect(text).toContain('DB__PASSWORD_FILE')
    expect(text).toContain('# SMTP_HOST=')
  })

  it('is a ConfigMap and a Secret in which only required keys are set', async () => {
    const text = await docs('kubernetes')
    expect(text).toContain('\n  DB__PORT: ""\n')
    expect(text).toContain('  # LEVEL: "c"')
    expect(text.split('kind: Secret')[1]).toContain('  # DB__PASSWORD: ""')
    expect(text.split('kind: Secret')[0]).not.toContain('PASSWORD')
  })

  it('is lines of etcdctl that a shell takes as they are, for keys that etcd may set', async () => {
    const text = await docs('etcdctl')
    expect(text).toContain(`put /keelson/production/catalog/labels '{"it'\\''s":1}'`)
    expect(text).not.toContain('db/port')
    expect(text).not.toContain('db/password')
  })
})
