import { connect } from 'node:net'
import { once } from 'node:events'
import { type AdmissionShed, subscribe } from '@keelson/core/channels'
import { currentContext } from '@keelson/core/context'
import { KeelsonError } from '@keelson/core/errors'
import { Admission } from '@keelson/resilience/admission'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { inboundOf, installKeelson, keelsonPlugin, type KeelsonPluginOptions } from '@keelson/fastify'
import { closeServed, opened, serve, until } from './served-app.ts'

afterEach(closeServed)

/** Of callers in the same process all at once, some would be refused where the machine is busy. */
const withoutBound = { admission: { backlogMs: 0 } }

/** Sends bytes as they are and reads all that comes back. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => (answer += String(chunk)))
  socket.write(text)
  await once(socket, 'close')
  return answer
}

describe('installKeelson', () => {
  it('gives an accepted request id to the answer, the access line and every line of the handler', async () => {
    const { url, lines } = await serve((app) => {
      app.get('/videos/:id', async (request) => {
        await Promise.resolve()
        request.log.info('from the request')
        return { id: request.id, context: currentContext()?.requestId }
      })
    })
    const response = await fetch(`${url}/videos/1?token=secret`, {
      headers: { 'x-request-id': 'abc-1', 'user-agent': 'test' },
    })
    expect(response.headers.get('x-request-id')).toBe('abc-1')
    expect(await response.json()).toEqual({ id: 'abc-1', context: 'abc-1' })
    const access = await until(() => lines().find((line) => line['_status'] === 200))
    expect(access).toMatchObject({
      _request_id: 'abc-1',
      _method: 'GET',
      _route: '/videos/:id',
      _url: '/videos/1',
      _user_agent: 'test',
      _remote_ip: '127.0.0.1',
      level: 6,
    })
    expect(lines().find((line) => line['short_message'] === 'from the request')).toMatchObject({
      _request_id: 'abc-1',
    })
  })

  it('answers what is injected while timers are fake', async () => {
    vi.useFakeTimers()
    try {
      const app = Fastify()
      installKeelson(app, { service: 'plugin-test' })
      app.get('/', async () => 'ok')
      expect((await app.inject('/')).body).toBe('ok')
    } finally {
      vi.useRealTimers()
    }
  })

  it('runs no handler for a caller that has left before its turn', async () => {
    const seen: string[] = []
    const admission = new Admission({ busyMs: () => performance.now() })
    const { url, port, lines } = await serve(
      (app) => {
        app.get('/*', async (request) => {
          seen.push(request.url)
          return 'ok'
        })
      },
      { admission },
    )
    while (!admission.isSaturated) await (await fetch(`${url}/busy`)).text()
    seen.length = 0
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET /left HTTP/1.1\r\nhost: x\r\n\r\n', () => socket.destroy())
    }).on('error', () => undefined)
    await until(() => lines().find((line) => line['_status'] === 499))
    expect(await (await fetch(`${url}/stays`)).text()).toBe('ok')
    expect(seen).toEqual(['/stays'])
  })

  it.each([
    ['a CRLF, sent raw', 'GET / HTTP/1.1\r\nhost: x\r\nx-request-id: evil"id\r\nconnection: close\r\n\r\n'],
    [
      'two headers',
      'GET / HTTP/1.1\r\nhost: x\r\nx-request-id: evil1\r\nx-request-id: evil2\r\nconnection: close\r\n\r\n',
    ],
    [
      '10 kB',
      `GET / HTTP/1.1\r\nhost: x\r\nx-request-id: evil${'x'.repeat(10_000)}\r\nconnection: close\r\n\r\n`,
    ],
  ])('replaces a hostile id and reflects nothing of it: %s', async (_name, request) => {
    const { port, lines } = await serve((app) => app.get('/', async () => 'ok'))
    const answer = await raw(port, request)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).toMatch(/\r\nx-request-id: [0-9a-f-]{36}\r\n/)
    expect(answer).not.toContain('evil')
    await until(() => lines().find((line) => line['_status'] === 200))
    expect(JSON.stringify(lines())).not.toContain('evil')
  })

  it('keeps the context across the parsing of a body', async () => {
    const { url } = await serve((app) => {
      app.addHook('preHandler', async () => {
        expect(currentContext()).toBeDefined()
      })
      app.post('/', async (request) => ({ context: currentContext()?.requestId, id: request.id }))
    })
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'abc-2' },
      body: JSON.stringify({ text: 'x'.repeat(200_000) }),
    })
    expect(await response.json()).toEqual({ context: 'abc-2', id: 'abc-2' })
  })

  it('crosses no ids among parallel requests', async () => {
    const { url, lines } = await serve((app) => {
      app.get('/:n', async (request) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
        request.log.info(`handling ${currentContext()?.requestId}`)
        return currentContext()?.requestId
      })
    }, withoutBound)
    const ids = Array.from({ length: 200 }, (_, index) => `id-${index}`)
    const answers = await Promise.all(
      ids.map(async (id) => (await fetch(`${url}/1`, { headers: { 'x-request-id': id } })).text()),
    )
    expect(answers).toEqual(ids)
    for (const line of lines().filter((entry) => String(entry['short_message']).startsWith('handling'))) {
      expect(line['short_message']).toBe(`handling ${String(line['_request_id'])}`)
    }
  })

  it('answers failures as problem details with the id, and keeps the reason of a 5xx in the log', async () => {
    const { url, lines } = await serve((app) => {
      app.get('/broken', async () => {
        throw new Error('password of the database')
      })
      app.get('/down', async () => {
        throw new KeelsonError('KEELSON_RESILIENCE_CIRCUIT_OPEN', 'The circuit is open.', { statusCode: 503 })
      })
      app.get('/out', async () => {
        throw new KeelsonError('KEELSON_RESOURCE_FAILED', 'Out of order.', { statusCode: 503 })
      })
      app.post('/typed', { schema: { body: { type: 'object', required: ['a'] } } }, async () => 'ok')
    })
    const cases = [
      [await fetch(`${url}/broken`), 500],
      [await fetch(`${url}/nowhere`), 404],
      [await fetch(`${url}/%zz`), 400],
      [
        await fetch(`${url}/typed`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        }),
        400,
      ],
      [
        await fetch(`${url}/typed`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: 'x'.repeat(2_000_000),
        }),
        413,
      ],
      [await fetch(`${url}/down`), 503],
      [await fetch(`${url}/out`), 503],
    ] as const
    for (const [response, status] of cases) {
      expect(response.status).toBe(status)
      expect(response.headers.get('content-type')).toContain('application/problem+json')
      const problem = (await response.json()) as Record<string, unknown>
      expect(problem).toMatchObject({
        type: 'about:blank',
        status,
        requestId: response.headers.get('x-request-id'),
      })
      expect(JSON.stringify(problem)).not.toMatch(/password|\.ts:|stack/)
    }
    expect(cases[0][0].headers.get('x-no-retry')).toBeNull()
    expect(cases[5][0].headers.get('x-no-retry')).toBe('1')
    expect(cases[6][0].headers.get('x-no-retry')).toBe('1')
    const fault = await until(() =>
      lines().find((line) => line['_error_message'] === 'password of the database'),
    )
    expect(fault).toMatchObject({ level: 3, _request_id: cases[0][0].headers.get('x-request-id') })
    expect(String(fault['full_message'])).toContain('plugin.int.test.ts')
  })

  it('answers bytes that are no HTTP without reflecting them', async () => {
    const { port } = await serve((app) => app.get('/', async () => 'ok'))
    const answer = await raw(port, 'EVIL nonsense\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toMatch(/x-request-id: [0-9a-f-]{36}/)
    expect(answer).not.toContain('EVIL')
  })

  it('writes one line for a caller that left, marked as aborted, and aborts the signal', async () => {
    const arrived = Promise.withResolvers<void>()
    let signal: AbortSignal | undefined
    const { url, lines } = await serve((app) => {
      app.get('/slow', async () => {
        signal = currentContext()?.signal
        arrived.resolve()
        await new Promise(() => {})
      })
    })
    const abort = new AbortController()
    const asking = fetch(`${url}/slow`, { signal: abort.signal }).catch(() => {})
    await arrived.promise
    abort.abort()
    await asking
    const line = await until(() => lines().find((entry) => entry['_route'] === '/slow'))
    expect(line).toMatchObject({ _status: 499, _aborted: 'true' })
    expect(signal?.aborted).toBe(true)
  })

  it('counts requests by route, and adds no series for unknown paths', async () => {
    const { url, page } = await serve((app) => app.get('/videos/:id', async () => 'ok'))
    for (const id of [1, 2, 3]) await fetch(`${url}/videos/${id}`)
    await fetch(`${url}/unknown/0`)
    const before = (await page()).split('\n').length
    for (let path = 1; path < 20; path++) await fetch(`${url}/unknown/${path}`)
    const text = await page()
    expect(text.split('\n').length).toBe(before)
    expect(text).toMatch(/http_requests_total\{[^}]*route="\/videos\/:id"[^}]*status_code="200"[^}]*\} 3/)
    expect(text).not.toContain('/unknown')
  })

  it('refuses before the body is read when too many requests are under way, and says when to come back', async () => {
    const release = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    const { url } = await serve(
      (app) => {
        app.get('/wait', async () => {
          arrived.resolve()
          await release.promise
          return 'ok'
        })
      },
      { admission: { maxConcurrent: 1 } },
    )
    const first = fetch(`${url}/wait`)
    first.catch(() => undefined)
    await arrived.promise
    const second = await fetch(`${url}/wait`)
    expect(second.status).toBe(503)
    expect([second.headers.get('retry-after'), second.headers.get('x-shed')]).toEqual(['1', 'limit'])
    release.resolve()
    expect((await first).status).toBe(200)
    expect((await fetch(`${url}/wait`)).status).toBe(200)
  })

  it('refuses before it reads the body, never a route that is exempt, and believes only those it trusts', async () => {
    const refused: AdmissionShed[] = []
    opened.push(async () => unsubscribe())
    const unsubscribe = subscribe('keelson.admission.shed', (fact) => void refused.push(fact))
    const release = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    const routes = (app: FastifyInstance) => {
      app.get('/wait', async () => {
        arrived.resolve()
        await release.promise
        return 'ok'
      })
      app.post('/videos', async () => 'ok')
      app.get('/probe', { config: { keelson: { exempt: true } } }, async () => 'ok')
    }
    const critical = { headers: { 'x-criticality': 'critical' } }
    const { url, page } = await serve(routes, { admission: { maxConcurrent: 1 }, trusted: [] })
    const first = fetch(`${url}/wait`)
    first.catch(() => undefined)
    await arrived.promise
    // Not JSON: were it read, the answer would be 400.
    const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }
    expect((await fetch(`${url}/videos`, body)).status).toBe(503)
    expect((await fetch(`${url}/probe`)).status).toBe(200)
    expect((await fetch(`${url}/wait`, critical)).status).toBe(503)
    expect(refused).toEqual([
      { service: 'plugin-test', reason: 'limit', criticality: 'default' },
      { service: 'plugin-test', reason: 'limit', criticality: 'default' },
    ])
    expect(await page()).toContain('keelson_admission_shed_total{reason="limit",criticality="default"} 2')
    release.resolve()
    expect((await first).status).toBe(200)

    const trusting = await serve(routes, { admission: { maxConcurrent: 1 } })
    const both = await Promise.all([
      fetch(`${trusting.url}/wait`, critical),
      fetch(`${trusting.url}/wait`, critical),
    ])
    expect(both.map(({ status }) => status)).toEqual([200, 200])
  })

  it('starts requests that had to wait for the event loop in the context of each, critical ones first', async () => {
    const order: string[] = []
    const { url } = await serve(
      (app) => {
        app.get('/block', async () => {
          const endMs = performance.now() + 60
          while (performance.now() < endMs);
          return 'ok'
        })
        app.get('/next', async () => {
          order.push(currentContext()?.criticality ?? 'default')
          const endMs = performance.now() + 8
          while (performance.now() < endMs);
          return currentContext()?.requestId
        })
      },
      { admission: { backlogMs: 10_000 } },
    )
    const ask = (id: string, criticality: string) =>
      fetch(`${url}/next`, { headers: { 'x-request-id': id, 'x-criticality': criticality } })
    // Connections that exist are read in one turn, behind the one that blocks it.
    await Promise.all(
      Array.from({ length: 12 }, () => ask('warm', 'default').then((answer) => answer.text())),
    )
    order.length = 0
    const block = fetch(`${url}/block`)
    block.catch(() => undefined)
    const classes = ['default', 'default', 'default', 'default', 'default', 'critical', 'critical']
    const answers = await Promise.all(classes.map((criticality, index) => ask(`id-${index}`, criticality)))
    expect((await block).status).toBe(200)
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(
      classes.map((_, index) => `id-${index}`),
    )
    expect(order).toHaveLength(classes.length)
    expect(order.slice(0, -1)).not.toEqual(classes.slice(0, -1))
    expect(order.lastIndexOf('critical')).toBeLessThan(classes.length - 1)
  })

  it('runs handlers without context where that is switched off', async () => {
    const { url, lines } = await serve(
      (app) => {
        app.get('/', async (request) => {
          request.log.info('still with its id')
          return [currentContext() === undefined, inboundOf(request)?.requestId]
        })
      },
      { context: false },
    )
    const response = await fetch(url, { headers: { 'x-request-id': 'bare-1' } })
    expect(await response.json()).toEqual([true, 'bare-1'])
    const own = lines().find((line) => line['short_message'] === 'still with its id')
    expect(own?.['_request_id']).toBe('bare-1')
  })

  it('writes no line for a silent route unless it fails', async () => {
    const { url, lines } = await serve((app) => {
      app.get('/probe', { config: { keelson: { silent: true } } }, async (request, reply) => {
        if ('down' in (request.query as object)) reply.code(503)
        return 'x'
      })
      app.get('/end', async () => 'x')
    })
    await fetch(`${url}/probe`)
    await fetch(`${url}/probe?down`)
    await fetch(`${url}/end`)
    await until(() => lines().find((line) => line['_route'] === '/end'))
    expect(
      lines()
        .filter((line) => line['_route'] === '/probe')
        .map((line) => line['_status']),
    ).toEqual([503])
  })
})

describe('keelsonPlugin', () => {
  it('works for an app of the user’s own, without log or metrics', async () => {
    const app = Fastify()
    await app.register(keelsonPlugin, { service: 'own' })
    app.get('/', async () => currentContext()?.requestId)
    await app.listen({ host: '127.0.0.1', port: 0 })
    opened.push(() => app.close())
    const address = app.server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-request-id': 'own-1' } })
    expect([response.headers.get('x-request-id'), await response.text()]).toEqual(['own-1', 'own-1'])
  })

  it('refuses unknown options', () => {
    const app = Fastify()
    const options = { service: 'own', lgo: 1 } as unknown as KeelsonPluginOptions // a typing error of the user's
    expect(() => installKeelson(app, options)).toThrow(
      expect.objectContaining({ code: 'KEELSON_FASTIFY_OPTIONS_INVALID' }),
    )
  })
})
