import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from '@keelson/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { repositoryRoot } from '../../scripts/repository.ts'

/** What a service without dependencies, etcd and direct shipping must not pay for. */
const optional = ['etcd3', 'undici', 'opossum', 'gelf-pro', '@opentelemetry/api', '@opentelemetry/sdk-trace']

describe('what is loaded', () => {
  it("by import 'keelson' has none of the optional libraries", async () => {
    const libraries = await librariesLoadedBy("import 'keelson'")
    expect(libraries).toContain('fastify')
    expect(optional.filter((library) => libraries.has(library))).toEqual([])
  })

  it('by a service that was started and has no dependencies has none of them either', async () => {
    const libraries = await librariesLoadedBy(`
      import { createService } from 'keelson'
      const service = await createService({ name: 'lean' })
      await service.start()
      await service.stop()
    `)
    expect(libraries).toContain('convict')
    expect(optional.filter((library) => libraries.has(library))).toEqual([])
  })

  it('by a service with a dependency has undici and opossum', async () => {
    const libraries = await librariesLoadedBy(`
      import { createService } from 'keelson'
      const service = await createService({ name: 'caller', dependencies: { nobody: { target: 'http://127.0.0.1:9' } } })
      await service.dependencies.nobody.get('/', { fallback: () => null })
      await service.stop()
    `)
    expect(optional.filter((library) => libraries.has(library))).toEqual(['undici', 'opossum'])
  })

  it('by a service with traces has OpenTelemetry', async () => {
    const libraries = await librariesLoadedBy(`
      import { createService } from 'keelson'
      const env = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
      const service = await createService({ name: 'traced' }, { env })
      await service.stop()
    `)
    expect(optional.filter((library) => libraries.has(library))).toEqual([
      '@opentelemetry/api',
      '@opentelemetry/sdk-trace',
    ])
  })
})

it('attach loads no Fastify', async () => {
  const libraries = await librariesLoadedBy(`
    import { createServer } from 'node:http'
    import { attach } from 'keelson/attach'
    const service = await attach(createServer(), { name: 'attached' })
    await service.stop()
  `)
  expect(libraries).toContain('pino')
  expect(libraries).not.toContain('fastify')
})

/** Runs a program in a process of its own and names the packages of node_modules that it loaded. */
async function librariesLoadedBy(program: string): Promise<ReadonlySet<string>> {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-imports-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const importsFile = join(folder, 'imports.json')
  await using started = startProcess({
    command: [
      process.execPath,
      '--conditions=keelson-source',
      `--import=${join(repositoryRoot, 'test/e2e/record-imports.mjs')}`,
      '--input-type=module',
      '--eval',
      program,
    ],
    cwd: repositoryRoot,
    env: { IMPORTS_FILE: importsFile, HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0' },
  })
  expect(await started.exited()).toEqual({ code: 0, signal: null })
  const urls = JSON.parse(readFileSync(importsFile, 'utf8')) as readonly string[] // written by record-imports.mjs
  return new Set(urls.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []))
}
