import { spawnSync } from 'node:child_process'
import Fastify from 'fastify'
import { createLog } from '@keelson/log'
import { afterEach, describe, expect, it } from 'vitest'
import { keelsonAppOptions } from '@keelson/fastify'
import { closeServed, serve } from './served-app.ts'

afterEach(closeServed)

/** A compiler for another language of schemas, whose type Fastify's declarations do not know. */
const ownCompilers = () => () => () => ({ value: { own: true } })

/** Runs a service of one route in a process of its own; whether Ajv was loaded when it was ready. */
function loadsAjv(routeOptions: string): boolean {
  const program = `
    import { createRequire } from 'node:module'
    import Fastify from 'fastify'
    import { createLog } from '@keelson/log'
    import { installKeelson, keelsonAppOptions } from '@keelson/fastify'
    const log = createLog({ service: 'demo', level: 'silent' })
    const app = Fastify(keelsonAppOptions(log))
    installKeelson(app, { service: 'demo', log })
    app.get('/', ${routeOptions}, async () => ({}))
    await app.ready()
    const files = Object.keys(createRequire(import.meta.url).cache)
    console.log(files.some((file) => file.includes('/ajv/')), files.some((file) => file.includes('/fastify/')))`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=keelson-source', '--input-type=module', '--eval', program],
    { encoding: 'utf8', cwd: import.meta.dirname },
  )
  const [ajv, fastify] = stdout.trim().split(' ')
  expect(fastify, stderr).toBe('true')
  return ajv === 'true'
}

describe('lazy compilers', () => {
  it('are loaded by the first schema, not before', () => {
    expect(loadsAjv('{}')).toBe(false)
    expect(loadsAjv("{ schema: { querystring: { type: 'object' } } }")).toBe(true)
  })

  it('validate, coerce and serialise as Fastify does', async () => {
    const schema = {
      querystring: {
        type: 'object',
        properties: { count: { type: 'integer' } },
        required: ['count'],
      },
      headers: { type: 'object', properties: { 'X-Number': { type: 'integer' } }, required: ['X-Number'] },
      response: { 200: { type: 'object', properties: { count: { type: 'integer' }, more: { $ref: 'm#' } } } },
    }
    const { url } = await serve((app) => {
      app.addSchema({ $id: 'm', type: 'string' })
      app.get('/', { schema }, async (request) => ({
        ...(request.query as object),
        more: 'x',
        secret: 'left out by the schema',
      }))
    })
    const headers = { 'x-number': '1' }
    expect(await (await fetch(`${url}/?count=3`, { headers })).json()).toEqual({ count: 3, more: 'x' })
    expect((await fetch(`${url}/?count=many`, { headers })).status).toBe(400)
    // Names of headers have no case, in schemas neither.
    expect((await fetch(`${url}/?count=3`)).status).toBe(400)
  })

  it('leave compilers of the user’s own in their place', async () => {
    const options = keelsonAppOptions(createLog({ service: 'demo', level: 'silent' }), {
      schemaController: {
        compilersFactory: { buildValidator: ownCompilers as never },
      },
    })
    const app = Fastify(options)
    app.get('/', { schema: { querystring: {} } }, async (request) => request.query)
    expect((await app.inject('/')).json()).toEqual({ own: true })
  })
})
