import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import { createHttpClient } from './index.ts'

const catalog = createHttpClient({
  service: 'delivery',
  dependency: 'catalog',
  target: 'http://catalog:8080',
  operations: {
    video: { method: 'GET', path: '/videos/{id}', response: z.object({ id: z.string() }) },
    list: { method: 'GET', path: '/videos' },
    order: { method: 'POST', path: '/orders/{kind}', group: 'payments', idempotent: false },
  },
})

// Options and results follow from the declaration.
expectTypeOf(catalog.call('video', { params: { id: 7 } })).resolves.toEqualTypeOf<{ id: string }>()
expectTypeOf(catalog.call('list')).resolves.toEqualTypeOf<unknown>()
expectTypeOf(catalog.call('list', { query: { page: 2 } })).resolves.toEqualTypeOf<unknown>()
expectTypeOf(catalog.call('video', { params: { id: 7 }, fallback: () => null })).resolves.toEqualTypeOf<{
  id: string
} | null>()
void catalog.call('order', { params: { kind: 'gold' }, body: { count: 1 } })
// @ts-expect-error no such operation
void catalog.call('search')
// @ts-expect-error a path with a parameter needs options
void catalog.call('video')
// @ts-expect-error the parameter has another name
void catalog.call('video', { params: { name: '7' } })
// @ts-expect-error GET has no body
void catalog.call('list', { body: {} })
// @ts-expect-error the schema is the operation's
void catalog.call('list', { response: z.string() })

// A client without operations has none to call.
const bare = createHttpClient({ service: 'delivery', dependency: 'catalog', target: 'http://catalog:8080' })
// @ts-expect-error nothing was declared
void bare.call('video')
