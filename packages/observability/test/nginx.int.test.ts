import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { checkGelfLine, requireServer, startProcess, type TestProcess } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packageFile } from './generated-files.ts'

const nginx = requireServer('nginx')
const folder = mkdtempSync(join(tmpdir(), 'keelson-nginx-'))
const accessLog = join(folder, 'access.log')
const received: (string | undefined)[] = []
/** The service behind nginx: remembers the id that it was given, and echoes it as keelson does. */
const service = createServer((request, response) => {
  const id = request.headersDistinct['x-request-id']
  received.push(id?.length === 1 ? id[0] : undefined)
  response.setHeader('x-request-id', id?.[0] ?? 'none')
  response.statusCode = Number(/status=(\d+)/.exec(request.url ?? '')?.[1] ?? 200)
  response.end('served')
})
let port: number
let server: TestProcess

beforeAll(async () => {
  if (!nginx.available) return
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  port = await freePort()
  const upstream = (service.address() as AddressInfo).port // it listens on TCP
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration(upstream))
  server = startProcess({
    command: [nginx.path ?? 'nginx', '-p', folder, '-c', file, '-e', join(folder, 'error.log')],
  })
  await until(async () =>
    (await send('GET /first HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')).includes('served'),
  )
})

afterAll(async () => {
  if (nginx.available) {
    server.signal('SIGTERM')
    await server.exited()
    service.close()
    service.closeAllConnections()
  }
  rmSync(folder, { recursive: true })
})

function configuration(upstream: number): string {
  return `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 64; }
http {
  include ${packageFile('nginx/keelson-gelf.conf')};
  access_log ${accessLog} keelson_gelf;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_set_header x-request-id $keelson_request_id;
      proxy_hide_header x-request-id;
      add_header x-request-id $keelson_request_id always;
      proxy_pass http://127.0.0.1:${upstream};
    }
  }
}
`
}

/** Sends bytes as they are, as no client of good manners would, and gives the whole answer. */
async function send(bytes: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(bytes)
  return text(socket).catch(() => '')
}

function get(path: string, headers: readonly string[] = []): Buffer {
  const lines = [`GET ${path} HTTP/1.1`, 'host: a', 'connection: close', ...headers]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

function linesOf(): readonly Buffer[] {
  const log = readFileSync(accessLog)
  const lines: Buffer[] = []
  for (let start = 0, end = log.indexOf(10); end !== -1; start = end + 1, end = log.indexOf(10, start)) {
    lines.push(log.subarray(start, end))
  }
  return lines
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`it did not come:\n${server.stderr.join('\n')}`)
    await wait(10)
  }
}

async function freePort(): Promise<number> {
  const holder = createTcpServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port: free } = holder.address() as AddressInfo // it listens on TCP
  holder.close()
  await once(holder, 'close')
  return free
}

/** Sends one request, and gives its line and the ids that were seen. */
async function exchange(bytes: Buffer) {
  const lineCount = linesOf().length
  const answer = await send(bytes)
  await until(() => linesOf().length > lineCount)
  const line = linesOf().at(-1) ?? Buffer.alloc(0)
  return {
    line: line.toString(),
    isUtf8: Buffer.from(line.toString()).equals(line),
    echoed: [...answer.matchAll(/^x-request-id: (.*)\r$/gim)].map(([, id]) => id),
    atService: received.at(-1),
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/

describe.skipIf(!nginx.available)('the log format and the request-id map of nginx', () => {
  test.each([
    'a',
    'A1._:@/+=-',
    '0af7651916cd43dd8448eb211c80319c',
    'x'.repeat(128),
    '5f3c1e6a-1111-4222-8333-123456789abc',
  ])('keep the id %j, and the line, the answer and the service have the same', async (id) => {
    const { line, echoed, atService } = await exchange(get('/videos/1', [`x-request-id: ${id}`]))
    expect({ line: checkGelfLine(line), echoed, atService }).toEqual({
      line: [],
      echoed: [id],
      atService: id,
    })
    expect(JSON.parse(line)).toMatchObject({ _request_id: id, _url: '/videos/1', _status: 200, level: 6 })
  })

  test.each([
    ['none', []],
    ['an empty one', ['x-request-id: ']],
    ['one that is too long', [`x-request-id: ${'x'.repeat(129)}`]],
    ['one that begins with a sign', ['x-request-id: -a']],
    ['one with a quote', ['x-request-id: a"b']],
    ['one with a backslash', ['x-request-id: a\\b']],
    ['one with a tab', ['x-request-id: a\tb']],
    ['one with a space', ['x-request-id: a b']],
    ['one with bytes that are no UTF-8', ['x-request-id: a\xff\xfe']],
    ['a variable of nginx', ['x-request-id: $host']],
  ])('replace %s by a new UUID that all three have', async (_, headers) => {
    const { line, echoed, atService } = await exchange(get('/videos/1', headers))
    expect(checkGelfLine(line)).toEqual([])
    expect(echoed).toEqual([expect.stringMatching(uuid)])
    expect(atService).toBe(echoed[0])
    expect(JSON.parse(line)).toMatchObject({ _request_id: echoed[0] })
  })

  test('give the service one id when the caller sends two', async () => {
    const { line, echoed, atService } = await exchange(
      get('/videos/1', ['x-request-id: one', 'x-request-id: two']),
    )
    expect(checkGelfLine(line)).toEqual([])
    expect(echoed).toHaveLength(1)
    expect(atService).toBe(echoed[0])
  })

  test.each([
    ['quotes and backslashes', get('/a"b\\c', ['user-agent: "\\"\\\\'])],
    ['control characters', get('/a', ['user-agent: a\tb\x01c'])],
    ['bytes that are no UTF-8', get('/\xff\xc3(', ['user-agent: \xff\xfe\xc3('])],
    ['UTF-8', Buffer.from('GET /ü HTTP/1.1\r\nhost: a\r\nuser-agent: 日本😀\r\nconnection: close\r\n\r\n')],
    ['half a JSON object', get('/","level":0,"x":"', ['user-agent: "},{"'])],
    [
      'a long path and agent',
      get(`/${'"'.repeat(6_000)}?${'x'.repeat(1_000)}`, [`user-agent: ${'\\'.repeat(6_000)}`]),
    ],
    ['no method that there is', Buffer.from('BR"EW / HTTP/1.1\r\nhost: a\r\n\r\n')],
    ['no HTTP at all', Buffer.from('\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 'latin1')],
    ['an absolute address', get('http://a/b?secret=1')],
  ])('write a valid line for %s', async (_, bytes) => {
    const { line, isUtf8 } = await exchange(bytes)
    expect({ violations: checkGelfLine(line), isUtf8, line }).toMatchObject({ violations: [], isUtf8: true })
    expect(line).not.toContain('secret')
  })

  test.each([
    [200, 6],
    [404, 6],
    [500, 3],
    [503, 3],
  ])('write an answer with %i at level %i', async (status, level) => {
    const { line } = await exchange(get(`/?status=${status}`))
    expect(JSON.parse(line)).toMatchObject({ _status: status, level, _url: '/' })
  })
})
