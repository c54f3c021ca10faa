import { createService } from 'keelson'
import { addDatabase } from './database.ts'
import { createOrders } from './orders.ts'
import { addRoutes } from './routes.ts'
import { definition } from './service.ts'

const service = await createService(definition)
const orders = createOrders(await addDatabase(service))
service.task('migrate', () => orders.migrate())
addRoutes(service, orders)
await service.start()
