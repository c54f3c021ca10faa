import { afterEach, describe, expect, it } from 'vitest'
import { closeServed, serve, until } from './served-app.ts'

afterEach(closeServed)

describe('the log of an app', () => {
  it('gives the app a log whose level can change while it runs', async () => {
    const { url, lines, log } = await serve((app) => {
      app.get('/', async (request) => {
        app.log.debug('from the app')
        request.log.debug('from the request')
        return request.log.level
      })
    })
    expect(await (await fetch(url)).text()).toBe('info')
    log.setLevel('debug')
    expect(await (await fetch(url, { headers: { 'x-request-id': 'second' } })).text()).toBe('debug')
    const debug = lines().filter((line) => line['level'] === 7)
    expect(debug.map((line) => [line['short_message'], line['_request_id']])).toEqual([
      ['from the app', 'second'],
      ['from the request', 'second'],
    ])
  })

  it('keeps the level and the serializers of a route or of a plugin', async () => {
    const { url, lines } = await serve((app) => {
      app.get('/quiet', { logLevel: 'error' }, async (request) => {
        request.log.warn('not written')
        return 'ok'
      })
      void app.register(
        async (scope) => {
          scope.get('/short', async (request, reply) => {
            reply.log.debug({ user: { name: 'ada', password: 'x' } }, 'shortened')
            return 'ok'
          })
        },
        { logLevel: 'debug', logSerializers: { user: (user: { name: string }) => user.name } },
      )
    })
    await fetch(`${url}/quiet`)
    await fetch(`${url}/short`, { headers: { 'x-request-id': 'short-1' } })
    await until(() => lines().find((line) => line['_route'] === '/short'))
    expect(lines().map((line) => line['short_message'])).not.toContain('not written')
    expect(lines().find((line) => line['short_message'] === 'shortened')).toMatchObject({
      _user: 'ada',
      _request_id: 'short-1',
    })
  })

  it('refuses a route with a level that there is not', async () => {
    const serving = serve((app) => app.get('/', { logLevel: 'loud' as 'info' }, async () => 'ok')) // a typing error
    await expect(serving).rejects.toMatchObject({
      code: 'KEELSON_FASTIFY_OPTIONS_INVALID',
      message: expect.stringContaining('"loud"'),
    })
  })

  it('hands a child logger factory of the user’s the log of the request', async () => {
    const { url, lines } = await serve((app) => {
      app.setChildLoggerFactory((logger, _bindings, options) => logger.child({ made: 'here' }, options))
      app.get('/', async (request) => {
        request.log.info('from the factory')
        return 'ok'
      })
    })
    await fetch(url, { headers: { 'x-request-id': 'made-1' } })
    const line = await until(() => lines().find((entry) => entry['short_message'] === 'from the factory'))
    expect(line).toMatchObject({ _made: 'here', _request_id: 'made-1' })
  })

  it('leaves an app its own logger, and gives its requests that of the service', async () => {
    const own: string[] = []
    const { url, lines } = await serve(
      (app) => {
        app.get('/', { logLevel: 'debug' }, async (request) => {
          app.log.info('own line')
          request.log.debug('line of the service')
          return 'ok'
        })
      },
      {},
      { logger: { level: 'info', stream: { write: (line: string) => void own.push(line) } } },
    )
    await fetch(url, { headers: { 'x-request-id': 'own-2' } })
    const line = await until(() => lines().find((entry) => entry['short_message'] === 'line of the service'))
    expect(line).toMatchObject({ _request_id: 'own-2' })
    expect(own.join('')).toContain('own line')
    expect(own.join('')).not.toContain('line of the service')
  })
})
