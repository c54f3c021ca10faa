import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireServer, startEtcd, startProcess } from '@keelson/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const etcdProgram = requireServer('etcd')

const program = `
const { createService } = await import('keelson')
const service = await createService({ name: 'catalog', http: false })
await service.start()
`

describe.skipIf(etcdProgram.path === undefined)('a service that follows etcd', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keelson-stop-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it.each(['well', 'frozen', 'killed'] as const)(
    'ends with 0 soon after SIGTERM while etcd is %s',
    async (state) => {
      const etcd = await startEtcd(etcdProgram.path)
      const pid = etcd.pid ?? 0
      try {
        await using service = startProcess({
          command: [
            process.execPath,
            '--conditions=keelson-source',
            '--input-type=module',
            '--eval',
            program,
          ],
          cwd: fileURLToPath(new URL('..', import.meta.url)),
          env: {
            HOST: '127.0.0.1',
            OPS_PORT: '0',
            ETCD_ENDPOINTS: etcd.endpoint,
            ETCD_ORG: 'acme',
            KEELSON_STATE_DIR: folder,
          },
        })
        await service.line((line) => line.includes('"_ops_port"'), 'readiness')
        if (state === 'frozen') process.kill(pid, 'SIGSTOP')
        if (state === 'killed') await etcd.kill()
        const signalledAtMs = performance.now()
        service.signal('SIGTERM')
        expect(await service.exited()).toEqual({ code: 0, signal: null })
        process.stdout.write(
          `etcd ${state}: gone after ${Math.round(performance.now() - signalledAtMs)} ms\n`,
        )
        // Far above what is seen, for busy machines; far below the grace period, which a connection left open would use up.
        expect(performance.now() - signalledAtMs).toBeLessThan(10_000)
      } finally {
        if (state === 'frozen') process.kill(pid, 'SIGCONT')
        await etcd.close()
      }
    },
  )
})
