/** Called with the value of a key after a change and before it. */
export type ChangeListener = (next: unknown, previous: unknown) => void

/** Those who want to know of changes. */
export interface Subscriptions {
  /** @returns a function that ends the subscription */
  add(key: string, listener: ChangeListener): () => void
  /**
   * Tells everybody whose key, or a key in whose group, has changed.
   *
   * @param values gives the new and the old value at a key
   */
  notify(
    changedKeys: readonly string[],
    values: (key: string) => readonly [next: unknown, previous: unknown],
  ): void
  /** A sentence for each key at which listeners threw. */
  failures(): readonly string[]
}

/** Makes empty {@link Subscriptions}. */
export function createSubscriptions(): Subscriptions {
  const subscriptions = new Set<{ readonly key: string; readonly listener: ChangeListener }>()
  const failures = new Map<string, { count: number; last: string }>()
  return {
    add(key, listener) {
      const subscription = { key, listener }
      subscriptions.add(subscription)
      return () => {
        subscriptions.delete(subscription)
      }
    },
    notify(changedKeys, values) {
      const told = [...subscriptions] // a listener may subscribe again while it runs
      for (const { key, listener } of told) {
        if (!changedKeys.some((changed) => changed === key || changed.startsWith(`${key}.`))) continue
        try {
          listener(...values(key))
        } catch (error) {
          // Only the kind: the message is somebody else's, and may hold what it should not.
          const last = error instanceof Error ? error.name : typeof error
          failures.set(key, { count: (failures.get(key)?.count ?? 0) + 1, last })
        }
      }
    },
    failures: () =>
      [...failures].map(
        ([key, { count, last }]) => `A subscriber of ${key} threw ${count} times, last a ${last}.`,
      ),
  }
}
