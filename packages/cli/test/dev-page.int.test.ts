import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { TestProcess } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { devFolder, startDev } from './dev-folder.ts'

/** What is asked of the page, header by header as a browser or an attacker would send it. */
interface Asked {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

let dev: TestProcess
let port: number
let token: string

beforeAll(async () => {
  const root = devFolder({
    catalog: { before: "say('<script>alert(1)</script>', { _request_id: 'abc-1' })" },
    delivery: { before: "say('from delivery', { _request_id: 'abc-1' }); say('other', { level: 4 })" },
  })
  dev = startDev(root, ['catalog', 'delivery'])
  const line = await dev.line((one) => one.includes('page http://'), 'the address of the page')
  const url = new URL(/page (\S+)/.exec(line)?.[1] ?? '')
  port = Number(url.port)
  token = url.hash.slice(1)
  await dev.line((one) => one.includes('up after'), 'the services')
})
afterAll(async () => {
  dev.signal('SIGINT')
  await dev.exited()
})

function ask({ path, method = 'GET', headers = {}, body }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      text(response).then(
        (content) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: content }),
        reject,
      )
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

const authorized = () => ({ authorization: `Bearer ${token}` })
const json = { 'content-type': 'application/json' }

const fill = (value: string): string => value.replace('TOKEN', token)

const act = (action: string): Promise<Answer> =>
  ask({ path: `/api/services/catalog/${action}`, method: 'POST', headers: { ...authorized(), ...json } })

/** Waits for the next line with these words: an earlier try may have said them, too. */
function nextLine(words: string): () => Promise<void> {
  const said = () => dev.stdout.filter((line) => line.includes(words)).length
  const before = said()
  return () => expect.poll(said, { timeout: 45_000 }).toBeGreaterThan(before)
}

/** The first update of a stream. */
async function firstUpdate(query: string): Promise<{ lines: { text: string; service: string }[] }> {
  const response = await fetch(`http://127.0.0.1:${port}/api/stream?${query}`, {
    headers: authorized(),
  })
  let received = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    received += decoder.decode(chunk, { stream: true })
    const end = received.indexOf('\n\n')
    if (end === -1) continue
    // Leaving the loop closes the stream.
    // Written by the command; what the tests look at is checked by them.
    return JSON.parse(received.slice('data: '.length, end)) as Awaited<ReturnType<typeof firstUpdate>>
  }
  throw new Error('The stream ended without an update.')
}

describe('the page of keelson dev', () => {
  it('is made of its own files, with a policy that allows nothing else', async () => {
    const page = await ask({ path: '/' })
    expect(page.status).toBe(200)
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/)
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    expect(page.body).not.toMatch(/<script>|<style|style=| on\w+=/)
    expect(page.body).not.toContain(token)
    const files = [...page.body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path)
    expect(files.toSorted()).toEqual(['/icon.svg', '/main.ts', '/page.css'])
    for (const path of files) expect((await ask({ path })).status).toBe(200)
  })

  it.each<[string, Asked]>([
    ['no token', { path: '/api/stream' }],
    ['a wrong token', { path: '/api/stream', headers: { authorization: 'Bearer wrong' } }],
    ['a token in the query', { path: '/api/stream?token=TOKEN' }],
    ['a token in a cookie', { path: '/api/lines/1', headers: { cookie: 'token=TOKEN' } }],
    ['an action without a token', { path: '/api/services/catalog/stop', method: 'POST', headers: json }],
  ])('answers 401 to %s', async (_what, { path, headers = {}, method = 'GET' }) => {
    const filled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]))
    const answer = await ask({ path: fill(path), headers: filled, method })
    expect(answer.status).toBe(401)
    expect(answer.body).not.toContain('catalog')
  })

  it.each(['evil.example', 'evil.example:PORT', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example:PORT'])(
    'answers 421 under the name %s, even with the token',
    async (name) => {
      const host = name.replace('PORT', String(port))
      for (const path of ['/', '/api/lines/1']) {
        expect((await ask({ path, headers: { ...authorized(), host } })).status).toBe(421)
      }
    },
  )

  it.each([
    { origin: 'http://evil.example' },
    { origin: 'http://127.0.0.1:1' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('answers 403 to a request of another page: %j', async (headers) => {
    const answer = await ask({
      path: '/api/services/catalog/stop',
      method: 'POST',
      headers: { ...authorized(), ...json, ...headers },
    })
    expect(answer.status).toBe(403)
  })

  it('takes the page itself by either name', async () => {
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
      const headers = { ...authorized(), host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }
      expect((await ask({ path: '/api/lines/1', headers })).status).toBe(200)
    }
  })

  it.each<[string, Partial<Asked>, number]>([
    ['a form', { headers: { 'content-type': 'text/plain' } }, 400],
    ['no JSON', { body: '{' }, 400],
    ['no object', { body: '[]' }, 400],
    ['a long body', { body: JSON.stringify({ a: 'x'.repeat(5_000) }) }, 400],
    ['an unknown action', { path: '/api/services/catalog/nothing' }, 404],
    ['an unknown service', { path: '/api/services/nobody/stop' }, 404],
    ['a path that is no text', { path: '/api/services/%E0%A4%A/stop' }, 404],
    ['GET for an action', { path: '/api/services/catalog/stop', method: 'GET' }, 404],
  ])(
    'refuses %s',
    async (_what, { path = '/api/services/catalog/restart', headers = {}, ...more }, status) => {
      const all = { ...authorized(), ...json, ...headers }
      expect((await ask({ path, method: 'POST', ...more, headers: all })).status).toBe(status)
    },
  )

  it('sends the lines of one request of all services, as text', async () => {
    const { lines } = await firstUpdate('id=abc-1')
    expect(lines.map(({ service }) => service).toSorted()).toEqual(['catalog', 'delivery'])
    expect(lines.map(({ text: message }) => message)).toContain('<script>alert(1)</script>')
  })

  it('filters by level, service and text', async () => {
    expect((await firstUpdate('level=4')).lines.map(({ text: message }) => message)).toEqual(['other'])
    expect((await firstUpdate('service=delivery&text=FROM')).lines).toHaveLength(1)
  })

  it('starts a service anew, stops it, and tells of both', async () => {
    const restarted = nextLine('catalog is up again')
    expect((await act('restart')).status).toBe(202)
    await restarted()
    const stopped = nextLine('catalog stopped (exit code 0)')
    expect((await act('stop')).status).toBe(202)
    await stopped()
    expect((await act('verify')).status).toBe(409)
    expect((await act('start')).status).toBe(202)
  })

  it('says so when a service does not tell its configuration', async () => {
    const answer = await ask({ path: '/api/services/delivery/config', headers: authorized() })
    // The service of this test answers {} to everything.
    expect(answer).toMatchObject({ status: 200, body: '[]' })
  })
})
