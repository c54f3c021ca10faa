import { expectTypeOf } from 'vitest'
import type { StandardSchema } from '@keelson/core/standard-schema'
import * as v from 'valibot'
import { z } from 'zod'
import type { Answer, HttpClient, PathParameterName } from './index.ts'

declare const catalog: HttpClient
declare const anyPath: string
declare const params: { id: string }
declare const schema: StandardSchema<unknown, { id: number }>

// Path parameters come from the template.
expectTypeOf<PathParameterName<'/videos/{id}/parts/{part}'>>().toEqualTypeOf<'id' | 'part'>()
expectTypeOf<PathParameterName<'/videos'>>().toEqualTypeOf<never>()
void catalog.get('/videos')
void catalog.get('/videos/{id}', { params: { id: '7' } })
void catalog.get('/videos/{id}', { params })
void catalog.get('/videos/{id}', { params: { id: 7 }, query: { page: 2, tag: ['a', 'b'] } })
void catalog.get(anyPath)
void catalog.get(anyPath, { params: { id: 7 } })
void catalog.request('POST', '/videos/{id}', { params, body: { title: 'x' } })
// @ts-expect-error a path with a parameter needs options
void catalog.get('/videos/{id}')
// @ts-expect-error a parameter is missing
void catalog.get('/videos/{id}/parts/{part}', { params: { id: '7' } })
// @ts-expect-error there is no such parameter
void catalog.get('/videos/{id}', { params: { id: '7', part: '1' } })
// @ts-expect-error there are no parameters at all
void catalog.get('/videos', { params: { id: '7' } })
// @ts-expect-error a parameter is a text or a number
void catalog.get('/videos/{id}', { params: { id: true } })
// @ts-expect-error GET has no body
void catalog.get('/videos', { body: {} })
// @ts-expect-error a mistyped option
void catalog.get('/videos', { timeout: 5 })

// The body is what the schema lets through, else unknown.
expectTypeOf(catalog.get('/videos')).resolves.toEqualTypeOf<unknown>()
expectTypeOf(catalog.get('/videos', { response: schema })).resolves.toEqualTypeOf<{ id: number }>()
expectTypeOf(
  catalog.get('/videos/{id}', { params, response: v.object({ id: v.string() }) }),
).resolves.toEqualTypeOf<{ id: string }>()
expectTypeOf(
  catalog.get('/videos/{id}', { params, response: z.object({ at: z.coerce.date() }) }),
).resolves.toEqualTypeOf<{ at: Date }>()
expectTypeOf(catalog.post('/videos', { body: {}, response: schema })).resolves.toEqualTypeOf<{ id: number }>()
expectTypeOf(catalog.request('GET', '/videos', { response: schema })).resolves.toEqualTypeOf<
  Answer<{ id: number }>
>()

// A fallback adds its own type.
expectTypeOf(catalog.get('/videos', { response: schema, fallback: () => null })).resolves.toEqualTypeOf<{
  id: number
} | null>()
expectTypeOf(
  catalog.get('/videos/{id}', {
    params,
    response: schema,
    fallback: async (error) => ({ code: error.code }),
  }),
).resolves.toEqualTypeOf<{ id: number } | { code: string }>()
