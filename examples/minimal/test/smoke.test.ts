import { join } from 'node:path'
import { startProcess } from '@keelson/testing'
import { expect, it } from 'vitest'

const folder = join(import.meta.dirname, '..')

it('greets, and stops with 0', async () => {
  await using service = startProcess({
    command: [process.execPath, '--conditions=keelson-source', 'src/main.ts'],
    cwd: folder,
    env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', GREETING: 'Ahoy' },
  })
  const ready = await service.line((line) => line.includes('"_ops_port"'), 'readiness')
  const { _port: port } = JSON.parse(ready)
  const answer = await fetch(`http://127.0.0.1:${port}/hello/you`)
  expect(await answer.json()).toEqual({ greeting: 'Ahoy, you' })

  service.signal('SIGTERM')
  expect(await service.exited()).toEqual({ code: 0, signal: null })
})
