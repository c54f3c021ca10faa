// A service that is not ready for a long time: one of its plugins waits.
import { setTimeout as wait } from 'node:timers/promises'
import { createService } from 'keelson'

const service = await createService({ name: 'slow-start' })

service.app.register(async () => {
  service.log.info('waiting')
  await wait(20_000)
  service.log.info('waited')
})

await service.start()
