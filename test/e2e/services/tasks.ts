// A service with two one-off tasks: `--task succeed` and `--task fail`.
import { createService } from 'keelson'

const service = await createService({ name: 'tasks' })

service.task('succeed', async () => {
  service.log.info('done')
})
service.task('fail', async () => {
  throw new RangeError('the table is gone')
})
service.task('wait', async ({ signal }) => {
  service.log.info('working')
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
})

await service.start()
