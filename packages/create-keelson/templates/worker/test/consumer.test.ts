import { createService } from 'keelson'
import { expect, it } from 'vitest'
import { addConsumer } from '../src/consumer.ts'
import { createMemoryQueue, type Message, type Queue } from '../src/queue.ts'
import { definition } from '../src/service.ts'

it('acknowledges what it has handled, and goes on after a message that fails', async () => {
  await using service = await createService(definition, {
    env: { HOST: '127.0.0.1', OPS_PORT: '0' },
    argv: [],
    signals: false,
    logDestination: { write() {} },
  })
  const messages: readonly Message[] = ['good', 'bad', 'last'].map((id) => ({ id, text: id }))
  const acknowledged: string[] = []
  const done = Promise.withResolvers<void>()
  const queue: Queue = {
    ...createMemoryQueue(messages),
    acknowledge: async ({ id }) => {
      acknowledged.push(id)
      if (id === 'last') done.resolve()
    },
  }
  addConsumer(service, queue, async ({ id }) => {
    if (id === 'bad') throw new Error('this one cannot be handled')
  })
  await service.start()
  await done.promise
  expect(acknowledged).toEqual(['good', 'last'])
})
