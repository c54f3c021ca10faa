import { type CuttingProxy, type ServerFixture, startCuttingProxy } from '@keelson/testing'
import { createService, type ResourceDeclaration, type Service } from 'keelson'

/** A server, the way to it and a service. */
export interface Trial {
  readonly server: ServerFixture
  readonly proxy: CuttingProxy
  readonly service: Service
}

/** What {@link closeOpened} closes. */
export const opened: (() => Promise<unknown>)[] = []

/** Closes what a test has opened, the last first. */
export async function closeOpened(): Promise<void> {
  for (const close of opened.splice(0).toReversed()) await close()
}

/**
 * Starts a server, a proxy before it and a service that has no resource yet.
 *
 * @param db how its resource `db` is declared; without it, it declares none
 */
export async function startTrial(
  start: () => Promise<ServerFixture>,
  db?: ResourceDeclaration,
): Promise<Trial> {
  const server = await start()
  opened.push(() => server.close())
  const proxy = await startCuttingProxy(server.port)
  opened.push(() => proxy.close())
  return { server, proxy, service: await createShop(db) }
}

/** Waits for what must come, however slow the machine is; the time limit of the test is the bound. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** A service that listens nowhere. */
async function createShop(db?: ResourceDeclaration): Promise<Service> {
  const service: Service = await createService(
    { name: 'shop', ...(db === undefined ? {} : { resources: { db } }) },
    {
      env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0' },
      argv: [],
      cwd: import.meta.dirname,
      signals: false,
      logDestination: { write: () => undefined },
    },
  )
  opened.push(() => service.stop())
  return service
}
