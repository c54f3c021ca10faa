// A service that dies in the ways that its routes say.
import { createService } from 'keelson'

const service = await createService({ name: 'mortal' })

service.app.get('/throw', async () => {
  setImmediate(() => {
    throw new TypeError('nobody catches this')
  })
  return {}
})
service.app.get('/block', async () => {
  setImmediate(() => {
    for (;;);
  })
  return {}
})

await service.start()
