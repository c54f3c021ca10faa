import type { KeyDescription } from './service-tools.ts'

type Schema = { [name: string]: unknown }

/** A JSON Schema of the files in `config/`, for editors: `"$schema": "./schema.json"` in a file. */
export function jsonSchema(service: string, keys: readonly KeyDescription[]): string {
  const root: Schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `Configuration of ${service}`,
    type: 'object',
    additionalProperties: false,
    properties: { $schema: { type: 'string' } },
  }
  for (const key of keys.filter(({ sources }) => sources.includes('file'))) {
    const levels = key.key.split('.')
    const last = levels.pop() ?? ''
    let group = root
    for (const level of levels) {
      const properties = group['properties'] as Schema // every group is made with some, here or above
      properties[level] ??= { type: 'object', additionalProperties: false, properties: {} }
      group = properties[level] as Schema // made in the line above
    }
    const properties = group['properties'] as Schema
    properties[last] = describedSchema(key)
  }
  return `${JSON.stringify(root, undefined, 2)}\n`
}

function describedSchema(key: KeyDescription): Schema {
  const schema = key.values === undefined ? formatSchema(key.format) : { enum: key.values }
  return {
    ...(key.doc === undefined ? {} : { description: key.doc }),
    ...(key.deprecated === undefined ? {} : { deprecated: true }),
    ...(key.default === undefined || key.default === null || key.sensitive ? {} : { default: key.default }),
    ...(key.nullable ? { anyOf: [schema, { type: 'null' }] } : schema),
  }
}

const scalars: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  nat: { type: 'integer', minimum: 0 },
  port: { type: 'integer', minimum: 0, maximum: 65_535 },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  duration: { type: ['string', 'number'] },
  bytes: { type: ['string', 'number'] },
  url: { type: 'string' },
  regexp: { type: 'string' },
  object: { type: 'object' },
}

/** Formats of a service's own can be anything. */
function formatSchema(format: string): Schema {
  const [, kind, item = ''] = /^(array|map) of (.+)$/.exec(format) ?? []
  if (kind === 'array') return { type: 'array', items: formatSchema(item) }
  // null takes an entry of a lower layer away.
  if (kind === 'map') {
    return { type: 'object', additionalProperties: { anyOf: [formatSchema(item), { type: 'null' }] } }
  }
  return scalars[format] ?? {}
}
