import type { Clock } from '@keelson/core/clock'

/** @throws what the promise rejects with, or the reason of the signal */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}

/**
 * Waits for a promise for a time.
 *
 * @param late makes the error with which it rejects then
 */
export async function within<T>(
  clock: Clock,
  timeoutMs: number,
  promise: Promise<T>,
  late: () => unknown,
): Promise<T> {
  const limit = new AbortController()
  const timer = clock.setTimeout(() => limit.abort(late()), timeoutMs)
  try {
    return await orAborted(promise, limit.signal)
  } finally {
    clock.clearTimeout(timer)
  }
}
