import convict from 'convict'
import { describe, expect, it } from 'vitest'
import { createConfig } from './config.ts'

function short(value: unknown): void {
  if (String(value).length > 3) throw new Error(`too long: ${String(value)}`)
}

describe('formats of convict', () => {
  it('run where convict.addFormat has added them, coercion included', async () => {
    convict.addFormat({
      name: 'even',
      validate: (value: unknown) => {
        if (typeof value !== 'number' || value % 2 !== 0) throw new Error('must be even')
      },
      coerce: (text: unknown) => Number(text),
    })
    const schema = {
      group: { count: { format: 'even', default: 2 }, port: { format: 'port', default: 1 } },
    } as const
    const config = await createConfig({ service: 'catalog', schema, env: { GROUP__COUNT: '4' } })
    expect(config.current.group).toEqual({ count: 4, port: 1 })
    await expect(
      createConfig({ service: 'catalog', schema, env: { GROUP__COUNT: '3' } }),
    ).rejects.toMatchObject({
      code: 'KEELSON_CONFIG_INVALID',
      details: {
        faults: [{ key: 'group.count', problem: 'is refused: must be even', origin: 'env GROUP__COUNT' }],
      },
    })
  })

  it('run as functions and as formats of one configuration, each fault with its own key', async () => {
    const formats = { upper: { validate: short, coerce: (text: string) => text.toUpperCase() } }
    const schema = {
      a: { format: short, default: 'a' },
      b: { format: 'upper', default: 'b', sensitive: true },
      c: { format: 'upper', default: 'c' },
    } as const
    const config = await createConfig({ service: 'catalog', schema, formats, env: { C: 'xyz' } })
    expect(config.current.c).toBe('XYZ')
    const env = { A: 'long-a', B: 'hunter2', C: 'long-c' }
    await expect(createConfig({ service: 'catalog', schema, formats, env })).rejects.toMatchObject({
      details: {
        faults: [
          { key: 'a', problem: 'is refused: too long: long-a', value: '"long-a"' },
          { key: 'b', problem: 'is refused by its format', value: '[redacted]' },
          { key: 'c', problem: 'is refused: too long: LONG-C', value: '"long-c"' },
        ],
      },
    })
  })

  it('are refused with their name where nobody has added them', async () => {
    const schema = { a: { format: 'ipadress', default: 'x' } } as const
    await expect(createConfig({ service: 'catalog', schema })).rejects.toMatchObject({
      details: { faults: [{ key: 'a', problem: expect.stringContaining('unknown format type: ipadress') }] },
    })
  })

  it('refuse by throwing anything at all', async () => {
    const frozen = Object.freeze(new Error('frozen'))
    for (const [thrown, said] of [
      ['a text', 'a text'],
      [frozen, 'frozen'],
      [undefined, 'undefined'],
    ] as const) {
      const schema = {
        a: {
          format: () => {
            throw thrown // what convict cannot write its fields on
          },
          default: 'x',
        },
      }
      await expect(createConfig({ service: 'catalog', schema })).rejects.toMatchObject({
        details: { faults: [{ key: 'a', problem: `is refused: ${said}` }] },
      })
    }
  })

  it('are not asked about map entries with dots, which convict cannot flatten', async () => {
    const schema = { labels: { format: 'map', default: { 'app.kubernetes.io/name': 'x' } } } as const
    const config = await createConfig({ service: 'catalog', schema })
    expect(config.current.labels).toEqual({ 'app.kubernetes.io/name': 'x' })
  })

  it('neither read the environment nor the arguments of the process', async () => {
    process.env.KEELSON_TEST_NAME = 'from process'
    const schema = { name: { format: 'string', default: 'x', env: 'KEELSON_TEST_NAME' } } as const
    const config = await createConfig({ service: 'catalog', schema })
    expect(config.current.name).toBe('x')
    delete process.env.KEELSON_TEST_NAME
  })
})
