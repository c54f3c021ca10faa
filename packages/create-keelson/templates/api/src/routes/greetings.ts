import type { Service } from 'keelson'
import type { definition } from '../service.ts'

const nameSchema = {
  params: {
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string', minLength: 1, maxLength: 1000 } },
  },
} as const

/** Adds `GET /greetings/:name`. Every line written here carries the id of its request. */
export function addGreetings({ app, config }: Service<typeof definition>): void {
  app.get<{ Params: { name: string } }>('/greetings/:name', { schema: nameSchema }, async (request) => {
    const { name } = request.params
    const { greeting, names } = config.current
    if (name.length > names.maxLength) {
      throw Object.assign(new Error(`A name has ${names.maxLength} characters at most.`), { statusCode: 422 })
    }
    request.log.info({ guest: name }, 'greeted')
    return { greeting: `${greeting}, ${name}` }
  })
}
