import { createService } from 'keelson'
import { addRoutes } from './routes.ts'
import { definition } from './service.ts'

const service = await createService(definition)
addRoutes(service)
await service.start()
