// A service that can do 200 requests a second: each holds its event loop for 5 ms, or one of two places for 10 ms.
import { setTimeout as wait } from 'node:timers/promises'
import { createService } from 'keelson'

const service = await createService({ name: 'overloaded' })
const waiting: (() => void)[] = []
let busyCount = 0

service.app.get('/cpu', () => {
  const endMs = performance.now() + 5
  while (performance.now() < endMs);
  return { done: true }
})
service.app.get('/pool', async () => {
  if (busyCount < 2) busyCount += 1
  else await new Promise<void>((resolve) => waiting.push(resolve))
  await wait(10)
  const next = waiting.shift()
  if (next === undefined) busyCount -= 1
  else next()
  return { done: true }
})
await service.start()
