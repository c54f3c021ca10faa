// The API of the README and the design, as written there: this file is only compiled, never run.
import { createService, defineService, type Service } from 'keelson'
import { Video } from './video.ts'

const service = await createService({
  name: 'delivery',
  config: { greeting: { doc: 'Opens every answer', format: 'string', default: 'Hello', reload: 'hot' } },
  dependencies: { catalog: { target: 'http://catalog:8080' } },
})

service.app.get<{ Params: { id: string } }>('/videos/:id', async (request) => {
  const video = await service.dependencies.catalog.get('/videos/{id}', {
    params: request.params,
    response: Video,
  })
  request.log.info({ video: video.id }, 'served')
  return { ...video, greeting: service.config.current.greeting }
})

await service.start()

// What is inferred.
const greeting: string = service.config.current.greeting
const port: number = service.config.current.http.port
const video: { id: string; title: string } = await service.dependencies.catalog.get('/videos/{id}', {
  params: { id: 7 },
  response: Video,
})
const unvalidated: unknown = await service.dependencies.catalog.get('/videos')
const answer = await service.dependencies.catalog.request('GET', '/videos/{id}', {
  params: { id: '1' },
  response: Video,
  fallback: () => null,
})
const status: number = answer.status
const maybe: { id: string; title: string } | null = answer.body
export const inferred: readonly unknown[] = [greeting, port, video, unvalidated, status, maybe]

// Declared operations have names and types.
const named = await createService({
  name: 'delivery',
  dependencies: {
    catalog: {
      target: 'http://catalog:8080',
      operations: { video: { method: 'GET', path: '/videos/{id}', response: Video } },
    },
  },
})
const called: { id: string; title: string } = await named.dependencies.catalog.call('video', {
  params: { id: 7 },
})
// @ts-expect-error no such operation
void named.dependencies.catalog.call('vidoe')
export const operations: readonly unknown[] = [called]

// Declared resources have names; what they hold is inferred from what connects.
const shop = await createService({
  name: 'shop',
  resources: { database: { critical: true, timeoutMs: 500 } },
})
const database = await shop.resource('database', {
  connect: async () => ({ size: 1 }),
  close: (client) => void client.size,
})
export const rows: number = await database.run(async (client) => client.size)
// @ts-expect-error no such resource
void shop.resource('databse', { connect: () => 1, close: () => undefined })
// @ts-expect-error its numbers are in its declaration
void shop.resource('database', { connect: () => 1, close: () => undefined, checkIntervalMs: 100 })
// @ts-expect-error a declaration is data
defineService({ name: 'x', resources: { database: { connect: () => 1 } } })
// Without a declaration any name does, with its numbers.
void service.resource('cache', { connect: () => 1, close: () => undefined, checkIntervalMs: 100 })

// A definition of its own keeps its types; running it is hermetic.
export const definition = defineService({
  name: 'catalog',
  config: {
    mode: { doc: 'How', format: ['fast', 'careful'], default: 'fast' },
    limits: { size: { doc: 'Largest answer', format: 'bytes', default: '1MB' } },
  },
})
export async function run(): Promise<Service<typeof definition>> {
  const catalog = await createService(definition, {
    env: {},
    argv: [],
    cwd: '/srv/catalog',
    signals: false,
    fastify: {},
  })
  const mode: 'fast' | 'careful' = catalog.config.current.mode
  const size: number = catalog.config.current.limits.size
  catalog.log.info({ mode, size }, 'running')
  catalog.app.get('/name', async () => catalog.app.keelson.name)
  catalog.config.subscribe('limits.size', (next: number) => catalog.log.info({ next }, 'changed'))
  return catalog
}

// What is wrong does not compile.
export async function wrong(): Promise<void> {
  // @ts-expect-error a service has a name
  await createService({ config: {} })
  // @ts-expect-error a dependency has a target
  defineService({ name: 'x', dependencies: { catalog: {} } })
  // @ts-expect-error there is no such profile
  defineService({ name: 'x', dependencies: { catalog: { target: 'http://c', profile: 'remote' } } })
  // @ts-expect-error configuration is reloaded hot or at a restart
  defineService({ name: 'x', config: { key: { doc: 'Key', default: 1, reload: 'sometimes' } } })
  // @ts-expect-error there is no such dependency
  void service.dependencies.catalogue
  // @ts-expect-error the template has a parameter
  await service.dependencies.catalog.get('/videos/{id}')
  // @ts-expect-error the parameter has another name
  await service.dependencies.catalog.get('/videos/{id}', { params: { video: '1' } })
  // @ts-expect-error a body that nothing validated is unknown
  void (await service.dependencies.catalog.get('/videos')).videos
  // @ts-expect-error the schema knows no such field
  void (await service.dependencies.catalog.get('/videos', { response: Video })).director
  // @ts-expect-error the configuration cannot be written to
  service.config.current.greeting = 'Bye'
  // @ts-expect-error there is no such key
  void service.config.current.greting
  // @ts-expect-error a key of the service is of its own type
  const wrongType: number = service.config.current.greeting
  void wrongType
  // @ts-expect-error there is no such option
  await createService(definition, { environment: {} })
}

// Rules across keys name what they read.
export const refined = defineService({
  name: 'refined',
  config: { limits: { least: { format: 'int', default: 1 }, most: { format: 'int', default: 2 } } },
  refine: ({ limits }: { limits: { least: number; most: number } }) =>
    limits.least > limits.most ? [{ key: 'limits.least', problem: 'is above limits.most' }] : [],
})

// The configuration is typed the same inside of a route: enums are unions, what is required is there, nothing can be written.
const typed = await createService({
  name: 'typed',
  config: {
    mode: { format: ['fast', 'careful'], default: 'fast' },
    owner: { format: 'string', required: true },
    proxy: { format: 'url', nullable: true },
  },
})
typed.app.get('/', async () => {
  const mode: 'fast' | 'careful' = typed.config.current.mode
  const owner: string = typed.config.current.owner
  const proxy: string | null = typed.config.current.proxy
  // @ts-expect-error it is frozen
  typed.config.current.mode = 'careful'
  // @ts-expect-error a key that is mistyped
  void typed.config.current.ower
  return { mode, owner, proxy }
})
