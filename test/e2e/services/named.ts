// A replica that says which one it is.
import { createService } from 'keelson'

const service = await createService({ name: 'named', version: '1.0.0' })

service.app.get('/', () => ({ replica: process.env['REPLICA'] ?? '' }))

await service.start()
