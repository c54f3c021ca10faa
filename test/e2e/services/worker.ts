// A service that serves no requests: it takes a message every 50 ms.
import { setTimeout as wait } from 'node:timers/promises'
import { createService } from 'keelson'

const service = await createService({ name: 'worker', http: false })
const stopping = new AbortController()

service.worker('messages', {
  start(worker) {
    void (async () => {
      while (!stopping.signal.aborted) {
        await worker.run(() => wait(20))
        await wait(50)
      }
    })()
  },
  stop: () => stopping.abort(),
})

await service.start()
