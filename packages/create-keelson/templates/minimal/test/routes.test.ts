import { createService } from 'keelson'
import { expect, it } from 'vitest'
import { addRoutes } from '../src/routes.ts'
import { definition } from '../src/service.ts'

it('greets by name, as configured', async () => {
  await using service = await createService(definition, {
    env: { GREETING: 'Ahoy' },
    argv: [],
    signals: false,
    logDestination: { write() {} },
  })
  addRoutes(service)
  const answer = await service.app.inject('/hello/Ada')
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({ greeting: 'Ahoy, Ada' })
})
