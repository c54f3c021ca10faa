import { createService } from 'keelson'
import { addConsumer } from './consumer.ts'
import { createMemoryQueue } from './queue.ts'
import { definition } from './service.ts'

const service = await createService(definition)
const queue = createMemoryQueue([
  { id: 'first', text: 'put the client of your broker in place of this queue' },
])
addConsumer(service, queue, async ({ id, text }) => {
  service.log.info({ message: id, text }, 'handled')
})
await service.start()
