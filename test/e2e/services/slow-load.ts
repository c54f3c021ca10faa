// A program that loads for a long time before it makes its service.
import { setTimeout as wait } from 'node:timers/promises'

process.stdout.write('{"short_message":"loading"}\n')
await wait(20_000)
const { createService } = await import('keelson')
const service = await createService({ name: 'slow-load' })
await service.start()
