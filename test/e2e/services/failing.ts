// A service whose routes do what no service should: throw where nobody catches.
import { setTimeout as wait } from 'node:timers/promises'
import { createService } from 'keelson'

const service = await createService({ name: 'failing' })

service.app.get('/throw', async () => {
  setImmediate(() => {
    throw new TypeError('thrown where nobody catches')
  })
  // Under way when the error comes; its answer must not be lost.
  await wait(100)
  return { answered: true }
})

service.app.get('/reject', async () => {
  void Promise.reject(new TypeError('rejected where nobody catches'))
  await wait(100)
  return { answered: true }
})

await service.start()
