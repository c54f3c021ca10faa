import { join } from 'node:path'
import { startProcess } from '@keelson/testing'
import { expect, it } from 'vitest'

it('answers with the request id on its lines, and stops with 0', async () => {
  await using service = startProcess({
    command: [process.execPath, '--conditions=keelson-source', 'src/main.ts'],
    cwd: join(import.meta.dirname, '..'),
    env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0' },
  })
  const { _port: port, _ops_port: opsPort } = JSON.parse(
    await service.line((line) => line.includes('"_ops_port"'), 'readiness'),
  )
  const answer = await fetch(`http://127.0.0.1:${port}/x`, { headers: { 'x-request-id': 'abc-1' } })
  expect([answer.headers.get('x-request-id'), await answer.text()]).toEqual(['abc-1', 'Hello from /x\n'])
  const line = await service.line((text) => text.includes('"greeting"'), 'the line of the handler')
  expect(JSON.parse(line)).toMatchObject({ _request_id: 'abc-1' })
  expect((await fetch(`http://127.0.0.1:${opsPort}/readiness`)).status).toBe(200)

  service.signal('SIGTERM')
  expect(await service.exited()).toEqual({ code: 0, signal: null })
})
