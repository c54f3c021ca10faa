/** Things that take themselves back after a time, one for each key. */
export interface Expiries {
  /** Replaces what the key had pending, without taking it back. */
  set(key: string, seconds: number, undo: () => void): void
  /** Forgets what the key has pending, without taking it back. */
  end(key: string): void
  /** Forgets everything. */
  close(): void
}

/** Makes an empty set of expiries. Their timers never keep the process alive. */
export function createExpiries(): Expiries {
  const timers = new Map<string, NodeJS.Timeout>()
  function end(key: string): void {
    clearTimeout(timers.get(key))
    timers.delete(key)
  }
  return {
    end,
    set(key, seconds, undo) {
      end(key)
      const timer = setTimeout(() => {
        timers.delete(key)
        undo()
      }, seconds * 1_000)
      timer.unref()
      timers.set(key, timer)
    },
    close() {
      for (const key of timers.keys()) end(key)
    },
  }
}
