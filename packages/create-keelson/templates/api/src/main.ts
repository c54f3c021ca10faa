import { createService } from 'keelson'
import { addGreetings } from './routes/greetings.ts'
import { definition } from './service.ts'

const service = await createService(definition)
addGreetings(service)
await service.start()
