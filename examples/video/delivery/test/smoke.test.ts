import { join } from 'node:path'
import { createFaultServer } from '@keelson/testing'
import { createService } from 'keelson'
import { expect, it } from 'vitest'
import { addRoutes } from '../src/routes.ts'
import { definition } from '../src/service.ts'

const film = { id: '1', title: 'A Trip to the Moon', durationSeconds: 780, language: 'fr' }

it('delivers a video of the catalog, and something in its place while the catalog fails', async () => {
  await using catalog = await createFaultServer({ body: film })
  await using service = await createService(definition, {
    env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', CATALOG_URL: catalog.url },
    argv: [],
    cwd: join(import.meta.dirname, '..'),
    signals: false,
    logDestination: { write() {} },
  })
  addRoutes(service)
  const deliver = async () => {
    const answer = await service.app.inject('/videos/1')
    return { status: answer.statusCode, ...answer.json() }
  }

  const { language: _unused, ...delivered } = film
  expect(await deliver()).toEqual({ status: 200, ...delivered, greeting: 'Enjoy' })
  expect(catalog.requests[0]).toMatchObject({ url: '/videos/1', headers: { 'x-client': 'delivery' } })

  catalog.behave({ status: 500 })
  expect(await deliver()).toMatchObject({ status: 200, title: 'Title unknown for now' })
  catalog.behave({ body: { id: 1 } })
  expect(await deliver()).toMatchObject({ status: 200, title: 'Title unknown for now' })
  await catalog.kill()
  expect(await deliver()).toMatchObject({ status: 200, title: 'Title unknown for now' })
  await catalog.revive()
  catalog.behave({ status: 404 })
  expect(await deliver()).toMatchObject({ status: 404 })
})
