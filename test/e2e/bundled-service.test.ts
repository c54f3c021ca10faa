// The recipe of docs/guides/bundling.md: a service as one file, in a folder that has no packages.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess, type TestProcess } from '@keelson/testing'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build } from '../../bench/src/build.ts'

const folder = mkdtempSync(join(tmpdir(), 'keelson-bundle-'))
const repository = fileURLToPath(new URL('../..', import.meta.url))

beforeAll(async () => {
  await build(AbortSignal.timeout(200_000))
  const bundle = await rolldown({
    input: join(repository, 'examples/minimal/src/main.ts'),
    platform: 'node',
    external: ['@keelson/config-etcd'],
  })
  await bundle.write({ file: join(folder, 'main.mjs'), codeSplitting: false })
  await bundle.close()
})

afterAll(() => rmSync(folder, { recursive: true }))

function start(): TestProcess {
  return startProcess({
    command: [process.execPath, 'main.mjs'],
    cwd: folder,
    env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', NODE_ENV: 'production', GREETING: 'Ahoy' },
  })
}

describe('a bundled service', () => {
  it('says that it has no probe thread when the thread’s file is missing, and serves', async () => {
    await using service = start()
    const warning = await service.line((line) => line.includes('"level":4'), 'the warning')
    expect(warning).toMatch(/Probes are answered on the main thread.*probe-worker\.cjs/)
    const ready = await service.line((line) => line.includes('"_ops_port"'), 'readiness')
    const { _ops_port: port } = JSON.parse(ready)
    expect((await fetch(`http://127.0.0.1:${port}/readiness`)).status).toBe(200)
  })

  it('answers, has its probe thread, and stops with 0', async () => {
    copyFileSync(
      join(repository, 'packages/core/dist/ops/probe-worker.cjs'),
      join(folder, 'probe-worker.cjs'),
    )
    await using service = start()
    const ready = await service.line((line) => line.includes('"_ops_port"'), 'readiness')
    const { _port: port, _ops_port: opsPort } = JSON.parse(ready)
    const answer = await fetch(`http://127.0.0.1:${port}/hello/you`)
    expect(await answer.json()).toEqual({ greeting: 'Ahoy, you' })
    expect((await fetch(`http://127.0.0.1:${opsPort}/liveness`)).status).toBe(200)
    service.signal('SIGTERM')
    expect(await service.exited()).toEqual({ code: 0, signal: null })
    expect(service.stdout.join('\n')).not.toContain('"level":4')
  })
})
