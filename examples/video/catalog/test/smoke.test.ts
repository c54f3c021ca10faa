import { join } from 'node:path'
import { createService } from 'keelson'
import { expect, it } from 'vitest'
import { addRoutes } from '../src/routes.ts'
import { definition } from '../src/service.ts'

const hermetic = {
  env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', CATALOG__DELAY: '0' },
  argv: [],
  cwd: join(import.meta.dirname, '..'),
  signals: false,
  logDestination: { write() {} },
}

it('serves twenty videos, and one by its id', async () => {
  await using service = await createService(definition, hermetic)
  addRoutes(service)

  const list = await service.app.inject('/videos')
  expect(list.json().videos).toHaveLength(20)
  const one = await service.app.inject('/videos/1')
  expect(one.json()).toEqual({
    id: '1',
    title: 'A Trip to the Moon',
    durationSeconds: 780,
    language: 'fr',
    publishedAt: '1902-09-01',
  })
  expect((await service.app.inject('/videos/21')).statusCode).toBe(404)
})

it('fails when its switch says so, and refuses switches that it does not have', async () => {
  await using service = await createService(definition, hermetic)
  addRoutes(service)
  const flip = (payload: object) => service.app.inject({ method: 'PUT', url: '/switches', payload })

  expect((await flip({ failureRatio: 1 })).json()).toEqual({ delayMs: 0, failureRatio: 1 })
  expect((await service.app.inject('/videos/1')).statusCode).toBe(503)
  expect((await flip({ failureRatio: 2 })).statusCode).toBe(400)
  expect((await flip({ failureRatio: 0, delayMs: 1 })).json()).toEqual({ delayMs: 1, failureRatio: 0 })
  expect((await service.app.inject('/videos/1')).statusCode).toBe(200)
})
