import { inspect } from 'node:util'
import { isKeelsonError } from '@keelson/core/errors'
import { describe, expect, it } from 'vitest'
import { createConfig } from './config.ts'
import { Secret } from './secret.ts'

/** Code of what a call throws at once. */
function codeOf(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return isKeelsonError(error) ? error.code : error
  }
}

async function hashOf(env: Record<string, string>): Promise<string> {
  const schema = {
    a: { format: 'object', default: {} },
    s: { format: 'string', sensitive: true, default: '' },
  } as const
  return (await createConfig({ service: 'catalog', schema, env })).hash
}

describe('createConfig', () => {
  it('throws at once for an option or a schema that is wrong', () => {
    expect(codeOf(() => createConfig({ service: '', schema: {} }))).toBe('KEELSON_CONFIG_OPTIONS_INVALID')
    expect(codeOf(() => createConfig({ service: 'a', schema: {}, sourceTimeoutMs: 0 }))).toBe(
      'KEELSON_CONFIG_OPTIONS_INVALID',
    )
    expect(codeOf(() => createConfig({ service: 'a', schema: { a: { format: 'int', default: 'x' } } }))).toBe(
      'KEELSON_CONFIG_SCHEMA_INVALID',
    )
  })
})

describe('current', () => {
  it('is frozen at every depth, and leaves what the caller passed in as it was', async () => {
    const list = ['a']
    const object = { nested: { x: 1 } }
    const config = await createConfig({
      service: 'catalog',
      schema: {
        group: { list: { format: 'array', default: list }, object: { format: 'object', default: object } },
      },
    })
    const { group } = config.current
    expect(
      [config.current, group, group.list, group.object, group.object.nested].every(Object.isFrozen),
    ).toBe(true)
    expect([list, object, object.nested].some(Object.isFrozen)).toBe(false)
    expect(Object.getOwnPropertyDescriptor(config, 'current')).toHaveProperty('value')
  })

  it('holds secrets that print nothing and reveal their value', async () => {
    const schema = {
      key: { format: 'string', sensitive: true },
      list: { default: ['x1'], sensitive: true },
    } as const
    const config = await createConfig({ service: 'catalog', schema, env: { KEY: 'hunter2' } })
    const { key } = config.current
    expect(key).toBeInstanceOf(Secret)
    expect(key.reveal()).toBe('hunter2')
    // oxlint-disable-next-line typescript/no-base-to-string, typescript/restrict-template-expressions
    const shown = [`${key}`, JSON.stringify({ key }), inspect(config, { depth: 10, showHidden: true })]
    shown.push(JSON.stringify(config.toRedacted()), JSON.stringify(config.explain('key')))
    expect(shown.join('\n')).not.toContain('hunter2')
    expect(config.toRedacted().key).toEqual({ value: '[redacted]', origin: 'env KEY' })
    expect(config.sensitiveValues()).toEqual(['hunter2', 'x1'])
  })

  it('has a hash that follows the values, but not the secrets nor the order of members', async () => {
    const plain = await hashOf({ A: '{"x":1,"y":2}' })
    expect(plain).toMatch(/^[0-9a-f]{16}$/)
    expect(await hashOf({ A: '{"y":2,"x":1}', S: 'secret' })).toBe(plain)
    expect(await hashOf({ A: '{"x":1,"y":3}' })).not.toBe(plain)
  })

  it('warns of deprecated keys that some layer sets', async () => {
    const schema = { old: { format: 'string', default: '', deprecated: 'use db.host' } } as const
    expect((await createConfig({ service: 'catalog', schema })).warnings).toEqual([])
    expect((await createConfig({ service: 'catalog', schema, env: { OLD: 'x' } })).warnings).toEqual([
      'old is deprecated (env OLD): use db.host',
    ])
  })

  it('explains unknown keys with the nearest', async () => {
    const config = await createConfig({ service: 'catalog', schema: { db: { port: { default: 1 } } } })
    expect(() => config.explain('db.prot')).toThrow(
      expect.objectContaining({ code: 'KEELSON_CONFIG_KEY_UNKNOWN' }),
    )
  })
})
