import { setTimeout as wait } from 'node:timers/promises'
import type { Service } from 'keelson'
import type { Message, Queue } from './queue.ts'
import type { definition } from './service.ts'

/** Takes messages from a queue, one after another, from the start of the service until its stop begins. */
export function addConsumer(
  { config, log, worker }: Service<typeof definition>,
  queue: Queue,
  handle: (message: Message) => Promise<void>,
): void {
  const stopping = new AbortController()

  async function consume(run: (work: () => Promise<void>) => Promise<void>): Promise<void> {
    while (!stopping.signal.aborted) {
      const message = await queue.take()
      if (message === undefined) {
        await wait(config.current.queue.pause, undefined, { signal: stopping.signal }).catch(() => {})
        continue
      }
      // Counted, with an id of its own on every line, and waited for at the stop.
      await run(async () => {
        await handle(message)
        await queue.acknowledge(message)
      }).catch((error: unknown) => log.error({ err: error, message: message.id }, 'message failed'))
    }
  }

  worker('messages', {
    start: ({ run }) => void consume(run),
    stop: () => stopping.abort(),
  })
}
