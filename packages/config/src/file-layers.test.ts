import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compileSchema } from './compile-schema.ts'
import { readFileLayers } from './file-layers.ts'

const schema = compileSchema({ db: { port: { format: 'port', default: 1 } }, list: { default: ['a'] } })

function read(content: string, environment = 'development') {
  const cwd = mkdtempSync(join(tmpdir(), 'keelson-files-'))
  mkdirSync(join(cwd, 'config'))
  writeFileSync(join(cwd, 'config/default.json'), content)
  return readFileLayers(schema, { cwd, directory: 'config', environment, production: false })
}

describe('readFileLayers', () => {
  it('gives each value the line it stands on', () => {
    expect(read('{\n  "db": {\n    "port": 5\n  },\n  "list": [\n    "x"\n  ]\n}').entries).toMatchObject([
      { key: 'db.port', origin: 'config/default.json:3', raw: { value: 5 } },
      { key: 'list', origin: 'config/default.json:5', raw: { value: ['x'] } },
    ])
  })

  it.each([
    ['[]', 'holds something else than an object'],
    ['{ "db": 5 }', 'is a group of keys, not a value'],
    ['{ "db.port": 5 }', 'is a key with dots, which means nothing in a file'],
    ['{ "dp": {} }', 'is not a key of the schema'],
    ['{ "db": { "$schema": "" } }', 'is not a key of the schema'],
    ['{ "toString": 1 }', 'is not a key of the schema'],
    ['', 'is empty; the least is {}'],
    ['{ "db": { "__proto__": { "polluted": 1 } } }', 'has the key __proto__, which could reach a prototype'],
  ])('refuses %s', (content, problem) => {
    expect(read(content).faults).toMatchObject([{ problem }])
  })

  it('refuses a file that is there and cannot be read', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'keelson-files-'))
    mkdirSync(join(cwd, 'config/default.json'), { recursive: true })
    const reading = readFileLayers(schema, { cwd, directory: 'config', environment: 'x', production: false })
    expect(reading.faults).toMatchObject([{ problem: 'cannot be read (EISDIR)' }])
  })

  it('reads default.json once when that is the name of the environment', () => {
    expect(read('{ "list": [] }', 'default').entries).toHaveLength(1)
  })
})
