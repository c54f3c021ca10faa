import { subscribe, type ConfigApplied, type ConfigRejected } from '@keelson/core/channels'
import { startEtcd } from '@keelson/testing'

type Values = Readonly<Record<string, string | null>>

/** An etcd whose keys below one folder of the service `delivery` a test writes, and what a service made of them. */
export interface FollowedEtcd {
  /** What the service's environment needs to follow it. */
  readonly env: Readonly<Record<string, string>>
  readonly rejected: readonly ConfigRejected[]
  /** Writes keys below the folder; `null` deletes one. */
  readonly put: (values: Values) => Promise<unknown>
  /** The same, and waits until the service has applied it. */
  readonly change: (values: Values) => Promise<void>
}

/**
 * Starts an etcd and listens to what is made of it.
 *
 * @param stops takes what must be ended after the test, in the order of its beginning
 * @param folder below the service's own keys, `admission`; empty for those themselves
 */
export async function followEtcd(
  path: string | undefined,
  stops: (() => unknown)[],
  folder: string,
): Promise<FollowedEtcd> {
  const etcd = await startEtcd(path)
  stops.push(() => etcd.close())
  const applied: ConfigApplied[] = []
  const rejected: ConfigRejected[] = []
  stops.push(
    subscribe('keelson.config.applied', (fact) => applied.push(fact)),
    subscribe('keelson.config.rejected', (fact) => rejected.push(fact)),
  )
  const put = (values: Values) =>
    etcd.transaction(
      Object.fromEntries(
        Object.entries(values).map(([key, value]) => [
          ['/acme/test/delivery', folder, key].filter((part) => part !== '').join('/'),
          value,
        ]),
      ),
    )
  return {
    env: { ETCD_ENDPOINTS: etcd.endpoint, ETCD_ORG: 'acme', APP_ENV: 'test' },
    rejected,
    put,
    async change(values) {
      const count = applied.length
      await put(values)
      await until(() => applied.length > count, 'the change')
    },
  }
}

/** Waits for a condition, at most 20 s. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain for ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
