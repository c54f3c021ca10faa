import { isKeelsonError } from '@keelson/core/errors'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { compileSchema } from './compile-schema.ts'
import type { ConfigSchema } from './schema.ts'

/** The mistakes that a schema is refused for; texts of types that the compiler would refuse are let through. */
function mistakesOf(schema: unknown, custom = {}): readonly string[] {
  try {
    compileSchema(schema as ConfigSchema, custom) // wrong on purpose
    return []
  } catch (error) {
    if (!isKeelsonError(error, 'KEELSON_CONFIG_SCHEMA_INVALID')) throw error
    return error.details?.mistakes as readonly string[] // the details of this code
  }
}

describe('compileSchema', () => {
  it('tells leaves from groups, whose keys may be called format and doc', () => {
    const { leaves, groups } = compileSchema({
      log: {
        format: { doc: 'Form of a line', format: ['gelf', 'pretty'], default: 'gelf' },
        doc: { format: 'string', default: '' },
      },
      empty: {},
      any: { default: { format: 'not a format' } },
      schema: { format: z.string().optional() },
    })
    expect([...leaves.keys()]).toEqual(['log.format', 'log.doc', 'any', 'schema'])
    expect([...groups]).toEqual(['log', 'empty'])
  })

  it('derives the format from the default', () => {
    const { leaves } = compileSchema({
      text: { default: 'x' },
      number: { default: 1.5 },
      boolean: { default: false },
      numbers: { default: [1] },
      object: { default: { a: 1 } },
      pattern: { default: /x/ },
    })
    expect([...leaves.values()].map((leaf) => leaf.format.name)).toEqual([
      'string',
      'number',
      'boolean',
      'array of number',
      'object',
      'regexp',
    ])
  })

  it('coerces defaults, and takes the constructors and names of convict', () => {
    const { leaves } = compileSchema({
      timeout: { format: 'duration', default: '5s' },
      a: { format: Number, default: 1 },
      b: { format: 'Boolean', default: true },
    })
    expect([...leaves.values()].map((leaf) => leaf.default?.value)).toEqual([5_000, 1, true])
  })

  it('keeps remote sources away from secrets and ports', () => {
    const { leaves } = compileSchema({
      secret: { format: 'string', default: '', sensitive: true },
      port: { format: 'port', default: 1 },
      upstream: { format: 'port', default: 1, sources: ['default', 'remote'] },
      plain: { format: 'string', default: '' },
    })
    expect([...leaves.values()].map((leaf) => leaf.sources.has('remote'))).toEqual([false, false, true, true])
  })

  it.each([
    ['an unknown word', { a: { default: 1, defualt: 2 } }, 'a: "defualt" is none of'],
    ['a value instead of a leaf', { a: 5 }, 'a: write { default: … }'],
    ['a list instead of a leaf', { a: [] }, 'a: write { default: … }'],
    ['a doc without format and default', { a: { doc: 'x' } }, 'a: needs a format'],
    [
      'a default that the format refuses',
      { a: { format: 'port', default: 70_000 } },
      'a: its default is not',
    ],
    [
      'a null default without nullable',
      { a: { format: 'string', default: null } },
      'a: has the default null',
    ],
    [
      'a default of a required key',
      { a: { required: true, default: 1 } },
      'a: has a default and is required',
    ],
    ['a secret from remote', { a: { default: '', sensitive: true, sources: ['remote'] } }, 'a: is sensitive'],
    ['an unknown source', { a: { default: '', sources: ['disk'] } }, 'a: "disk" is no source'],
    ['an unknown reload', { a: { default: '', reload: 'later' } }, 'a: has a reload'],
    ['a key with a dot', { 'a.b': { default: 1 } }, 'a.b: a key is a letter'],
    ['a key that reaches a prototype', { constructor: { default: 1 } }, 'constructor: a key is a letter'],
    ['a name that every process has', { path: { default: '' } }, 'path: would be read from PATH'],
    ['a name that cannot be set', { a: { default: '', env: 'A-B' } }, 'a: has the environment name A-B'],
    [
      'a shared name',
      { a: { default: '' }, b: { default: '', env: 'A' } },
      'b: shares the environment name A',
    ],
    [
      'a shared option',
      { a: { default: '', arg: 'x' }, b: { default: '', arg: 'x' } },
      'b: shares the option --x',
    ],
    ['the option --set', { a: { default: '', arg: 'set' } }, 'a: shares the option --set'],
  ])('refuses %s', (_, schema, mistake) => {
    expect(mistakesOf(schema)).toEqual([expect.stringContaining(mistake)])
  })

  it('finds the same name of two keys that differ in case only', () => {
    expect(mistakesOf({ maxSize: { default: 1 }, max_size: { default: 1 } })).toHaveLength(1)
  })

  it('refuses a format of the user that has the name of a built-in one', () => {
    expect(mistakesOf({}, { port: { validate: () => undefined } })).toHaveLength(1)
  })

  it('reports all mistakes at once, and never a default that may be a secret', () => {
    const schema = {
      a: { format: z.string().startsWith('x'), default: 'hunter2' },
      b: { format: 'integer', default: 'hunter2' },
    }
    const mistakes = mistakesOf(schema)
    expect(mistakes).toHaveLength(2)
    expect(mistakes.join('\n')).not.toContain('hunter2')
  })
})
