import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { KeelsonError } from '@keelson/core/errors'
import { loopback } from './child-environment.ts'
import { historyLength, watchFleet } from './fleet-watch.ts'
import type { Fleet } from './fleet.ts'
import { createLiveStream, lineDetails, type LiveStream } from './live-stream.ts'
import type { LogFilter, LogStore } from './log-store.ts'
import { createPageAccess, type PageAccess } from './page-access.ts'
import { readPageFiles } from './page-files.ts'
import { type ActionResult, createServiceActions, type ServiceActions } from './service-actions.ts'

/** What the page shows. */
export interface PageOptions {
  readonly fleet: Fleet
  readonly logs: LogStore
  readonly etcd: string | undefined
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** 0: a free one. */
  readonly port: number
}

/** The page, served. */
export interface PageServer {
  /** With its token behind `#`, which browsers send to nobody. */
  readonly url: string
  close(): Promise<void>
}

/** A person sees no difference below this; a busy service is drawn four times a second. */
const FLUSH_MS = 250
/** Pages that look on at once; a browser opens at most six connections to one address. */
const MAX_STREAMS = 16
/** A handful of fields. */
const MAX_BODY_BYTES = 4_096

/**
 * Nothing is loaded from elsewhere, nothing in a line can become markup or script (no inline script, and no HTML from
 * text at all), no other page can hold this one in a frame.
 */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const

/** Serves the page on the loopback address. */
export async function servePage({ fleet, logs, etcd, cwd, env, port }: PageOptions): Promise<PageServer> {
  const files = readPageFiles()
  const token = randomBytes(24).toString('base64url')
  const streams = new Set<LiveStream>()
  const closing = new AbortController()
  const watch = watchFleet(fleet, cwd, (news) => {
    for (const stream of streams) stream.add(news)
  })
  const actions = createServiceActions(watch, logs, env, closing.signal)
  const flusher = setInterval(() => {
    for (const stream of streams) stream.flush()
  }, FLUSH_MS)
  let access: PageAccess | undefined

  const openStream = (response: ServerResponse, query: URLSearchParams): void => {
    if (streams.size >= MAX_STREAMS) return sendJson(response, 503, { message: 'Too many pages are open.' })
    const histories = { histories: watch.histories(), etcd: etcd ?? null, historyLength }
    const first = { first: histories, services: watch.services() }
    const stream = createLiveStream(response, logs, filterOf(query), first)
    streams.add(stream)
    response.once('close', () => {
      streams.delete(stream)
      stream.close()
    })
  }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page')
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    const asked = { method: request.method ?? '', path: pathname, headers: request.headers }
    const refusal = access?.refuse(asked)
    if (refusal !== undefined) return sendJson(response, refusal.status, { message: refusal.reason })
    const file = files.get(pathname)
    if (file !== undefined && asked.method === 'GET') {
      response.writeHead(200, { 'content-type': file.contentType })
      return void response.end(file.body)
    }
    if (pathname === '/api/stream' && asked.method === 'GET') return openStream(response, searchParams)
    void answerApi(request, pathname, { fleet, logs, actions }).then(({ status, body }) =>
      sendJson(response, status, body),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      clearInterval(flusher)
      watch.close()
      reject(
        new KeelsonError(
          'KEELSON_CLI_USAGE',
          `The page cannot be served on port ${port}: ${error.code ?? error.message}. Give another: --page-port 0 takes any free one.`,
          { cause: error },
        ),
      )
    })
    server.listen({ host: loopback, port }, resolve)
  })
  const address = server.address()
  const ownPort = typeof address === 'object' && address !== null ? address.port : port
  access = createPageAccess(token, ownPort)
  return {
    url: `http://${loopback}:${ownPort}/#${token}`,
    async close() {
      closing.abort()
      clearInterval(flusher)
      watch.close()
      for (const stream of streams) {
        stream.flush()
        stream.close()
      }
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

interface Api {
  readonly fleet: Fleet
  readonly logs: LogStore
  readonly actions: ServiceActions
}

const notFound: ActionResult = { status: 404, body: { message: 'There is no such thing.' } }

async function answerApi(
  request: IncomingMessage,
  path: string,
  { fleet, logs, actions }: Api,
): Promise<ActionResult> {
  const line = /^\/api\/lines\/(\d{1,15})$/.exec(path)?.[1]
  if (line !== undefined && request.method === 'GET') {
    const entry = logs.find(Number(line))
    return entry === undefined ? notFound : { status: 200, body: lineDetails(entry) }
  }
  const [, name = '', action = ''] = /^\/api\/services\/([^/]+)\/([a-z-]+)$/.exec(path) ?? []
  const member = fleet.members.find((one) => one.name === safeDecode(name))
  if (member === undefined) return notFound
  if (action === 'config' && request.method === 'GET') return actions.config(member)
  if (request.method !== 'POST') return notFound
  // Forms of other pages cannot say that they send JSON.
  if (request.headers['content-type'] !== 'application/json') {
    return { status: 400, body: { message: 'Send application/json.' } }
  }
  const input = await readInput(request)
  return input === undefined
    ? { status: 400, body: { message: 'Send a JSON object of at most 4 kB.' } }
    : actions.run(member, action, input)
}

function filterOf(query: URLSearchParams): LogFilter {
  const text = query.get('text')?.slice(0, 500) ?? ''
  const requestId = query.get('id')?.slice(0, 200) ?? ''
  const service = query.get('service') ?? ''
  const level = Number(query.get('level') ?? '7')
  return {
    ...(text === '' ? {} : { text }),
    ...(requestId === '' ? {} : { requestId }),
    ...(service === '' ? {} : { service }),
    ...(level >= 0 && level < 7 ? { level } : {}),
  }
}

async function readInput(request: IncomingMessage): Promise<Readonly<Record<string, unknown>> | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > MAX_BODY_BYTES) return undefined
      chunks.push(chunk)
    }
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString() || '{}')
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>) // an object of JSON
      : undefined
  } catch {
    return undefined
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
