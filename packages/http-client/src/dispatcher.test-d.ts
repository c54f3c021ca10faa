import { expectTypeOf } from 'vitest'
import { type Dispatcher, request } from 'undici'
import type { ClientDispatcher, HttpClient } from './index.ts'

declare const catalog: HttpClient

// It fits wherever undici's own type is asked for, and names none of undici's types itself.
expectTypeOf<ClientDispatcher>().toExtend<Dispatcher>()
void fetch('http://catalog/', { dispatcher: catalog.dispatcher() })
void request('http://catalog/', { dispatcher: catalog.dispatcher({ timeoutMs: 60_000 }) })
// @ts-expect-error there is no such option
catalog.dispatcher({ headersTimeout: 1 })
