import type { ConfigSource, SourceListener, SourceSnapshot } from '../src/config-source.ts'

/** A source for tests that holds what it is told to. */
export interface TestSource extends ConfigSource {
  /** Holds these values from now on, and says so. */
  set(values: Readonly<Record<string, string>>): void
  readonly listener: SourceListener | undefined
  readonly closeCount: number
}

/** Makes a {@link TestSource}; each origin is `fixed <key>`. */
export function fixedSource(values: Readonly<Record<string, string>> = {}): TestSource {
  let held = snapshotOf(values)
  let listener: SourceListener | undefined
  let closeCount = 0
  return {
    name: 'fixed',
    load: async () => held,
    watch(listening) {
      listener = listening
    },
    async close() {
      closeCount++
    },
    set(next) {
      held = snapshotOf(next)
      listener?.changed(held)
    },
    get listener() {
      return listener
    },
    get closeCount() {
      return closeCount
    },
  }
}

function snapshotOf(values: Readonly<Record<string, string>>): SourceSnapshot {
  const entries = Object.entries(values).map(([key, text]) => ({ key, text, origin: `fixed ${key}` }))
  return { revision: '1', layers: [{ entries, unknownKeys: 'warn' }] }
}
