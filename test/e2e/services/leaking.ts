// A service that keeps all that it is sent, until it restarts of its own accord.
import { createService } from 'keelson'

const service = await createService({ name: 'leaking', version: '1.0.0' })
const kept: string[][] = []

service.app.post('/leak', () => {
  kept.push(Array.from({ length: 20_000 }, (_, index) => `${Math.random()}${index}`))
  return { heapMiB: process.memoryUsage().heapUsed / 1024 ** 2 }
})
service.app.get('/slow', () => new Promise((resolve) => setTimeout(() => resolve({ slow: true }), 2_000)))

await service.start()
