import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkGelfLine, requireServer, startProcess } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packageFile } from '../../packages/observability/test/generated-files.ts'
import { headerOf, sendRaw } from './raw-http.ts'
import {
  findFreePort,
  type LogLine,
  type ServiceProcess,
  startCatalog,
  statusOf,
  until,
} from './service-process.ts'

const nginx = requireServer('nginx')
const folder = mkdtempSync(join(tmpdir(), 'keelson-nginx-'))
const stack = new AsyncDisposableStack()
let catalog: ServiceProcess
let port: number

beforeAll(async () => {
  if (!nginx.available) return
  catalog = stack.use(await startCatalog({ CATALOG__DELAY: '0' }))
  port = await findFreePort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration())
  stack.use(
    startProcess({
      command: [nginx.path ?? 'nginx', '-p', folder, '-c', file, '-e', join(folder, 'error.log')],
    }),
  )
  await until(async () => (await statusOf(`http://127.0.0.1:${port}/videos`)) === 200, 'nginx')
})

afterAll(async () => {
  await stack.disposeAsync()
  rmSync(folder, { recursive: true })
})

/** One process, so that the test ends all of it. */
function configuration(): string {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 64; }
http {
  include ${packageFile('nginx/keelson-gelf.conf')};
  access_log ${folder}/access.log keelson_gelf;
  ${places.map((place) => `${place}_temp_path ${folder}/${place};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_set_header x-request-id $keelson_request_id;
      proxy_hide_header x-request-id;
      add_header x-request-id $keelson_request_id always;
      proxy_pass ${catalog.url};
    }
  }
}
`
}

function lineOfNginx(path: string): LogLine | undefined {
  const lines = readFileSync(join(folder, 'access.log'), 'utf8').split('\n').slice(0, -1)
  expect(lines.flatMap((line) => checkGelfLine(line))).toEqual([])
  return lines.map((line) => JSON.parse(line) as LogLine).find((line) => line['_url'] === path) // checked above
}

describe.skipIf(!nginx.available)('a service behind nginx with the log format of the house', () => {
  it.each([
    ['a good id', 'x-request-id: edge-1', 'edge-1'],
    ['no id', 'x-other: 1', undefined],
    ['an id with a quote', 'x-request-id: a"b', undefined],
    ['an id that is too long', `x-request-id: ${'x'.repeat(129)}`, undefined],
  ])('has on both lines and on the answer the same id, after %s', async (what, header, expected) => {
    const path = `/videos/${what.replaceAll(' ', '-')}-${randomUUID()}`
    const echoed = headerOf(await sendRaw(port, [`GET ${path} HTTP/1.1`, header]), 'x-request-id')
    const ofService = await catalog.line(
      (line) => line['_url'] === path && line['_status'] !== undefined,
      'the line',
    )
    await until(() => lineOfNginx(path) !== undefined, 'the line of nginx')
    const ofNginx = lineOfNginx(path)
    expect(echoed).toBe(ofService['_request_id'])
    expect(echoed).toBe(ofNginx?.['_request_id'])
    if (expected !== undefined) expect(echoed).toBe(expected)
    expect(ofNginx).toMatchObject({ _status: ofService['_status'] ?? 0, _method: 'GET' })
  })
})
