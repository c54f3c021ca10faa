import { createService, type Service } from 'keelson'
import { describe, expect, it } from 'vitest'
import { addGreetings } from '../src/routes/greetings.ts'
import { definition } from '../src/service.ts'

/** The service without a port, an environment or signals of its own. */
async function start(env: Readonly<Record<string, string>> = {}): Promise<Service<typeof definition>> {
  const service = await createService(definition, {
    env,
    argv: [],
    signals: false,
    logDestination: { write() {} },
  })
  addGreetings(service)
  return service
}

describe('GET /greetings/:name', () => {
  it('greets as configured', async () => {
    await using service = await start({ GREETING: 'Ahoy' })
    const answer = await service.app.inject('/greetings/Ada')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ greeting: 'Ahoy, Ada' })
  })

  it('answers a name that is too long by a problem with the id of the request', async () => {
    await using service = await start({ NAMES__MAX_LENGTH: '3' })
    const answer = await service.app.inject({ url: '/greetings/Adam', headers: { 'x-request-id': 'test-1' } })
    expect(answer.statusCode).toBe(422)
    expect(answer.json()).toMatchObject({ status: 422, requestId: 'test-1' })
  })
})
