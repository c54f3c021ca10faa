import { createFaultServer, type FaultServer } from '@keelson/testing'
import { expect } from 'vitest'
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../src/index.ts'

/** A fault server, and clients of it that are closed with the trial. */
export interface DispatcherTrial {
  readonly server: FaultServer
  readonly client: HttpClient
  /** Closed in this order before the server. */
  readonly closers: (() => Promise<unknown>)[]
  readonly make: (options?: Partial<HttpClientOptions>) => HttpClient
  readonly close: () => Promise<void>
}

/** Opens what a test of dispatchers needs. */
export async function openDispatcherTrial(): Promise<DispatcherTrial> {
  const server = await createFaultServer()
  const closers: (() => Promise<unknown>)[] = []
  const make = (options: Partial<HttpClientOptions> = {}): HttpClient => {
    const made = createHttpClient({
      service: 'delivery',
      dependency: 'catalog',
      target: server.url,
      ...options,
    })
    closers.push(() => made.close())
    return made
  }
  return {
    server,
    client: make(),
    closers,
    make,
    async close() {
      for (const close of closers.splice(0)) await close()
      await server.close()
    },
  }
}

/** What ended a call, under the TypeError of a `fetch`. */
export async function causeOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => expect.fail('it succeeded'),
    (reason: unknown) => reason,
  )
  return error instanceof TypeError ? error.cause : error
}
