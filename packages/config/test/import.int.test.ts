import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const index = fileURLToPath(new URL('../src/index.ts', import.meta.url))

/** CommonJS packages that a program has loaded, as it prints them. */
async function loadedBy(program: string): Promise<string> {
  const print = `const { createRequire } = await import('node:module')
process.stdout.write(Object.keys(createRequire('/')('node:module')._cache).join('\\n'))`
  const args = ['--conditions', 'keelson-source', '--input-type', 'module', '--eval', `${program}\n${print}`]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return stdout
}

describe('import of @keelson/config', () => {
  it('loads no library; creating a configuration loads convict alone', async () => {
    const load = `const { createConfig } = await import(${JSON.stringify(index)})`
    expect(await loadedBy(load)).toBe('')
    const created = await loadedBy(`${load}\nawait createConfig({ service: 'a', schema: {} })`)
    expect(created).toContain('/convict/')
    expect(created).not.toMatch(/etcd3|grpc/)
  })
})
