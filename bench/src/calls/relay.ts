// A service between the users and the replicas, made with keelson: every request is one call to the replicas.
import { subscribe } from '@keelson/core/channels'
import { createService } from 'keelson'

const [, , port = '0', replicaPort = '0', ...addresses] = process.argv
const found = addresses.map((address) => ({ address, family: 4 as const }))

const service = await createService(
  {
    name: 'relay',
    dependencies: {
      replicas: {
        target: `http://replicas.bench:${replicaPort}`,
        resolver: {
          resolve: () => Promise.resolve(found),
          lookup: (_name, _options, answer) => answer(null, found),
        },
      },
    },
  },
  {
    argv: [],
    env: { ...process.env, HOST: '127.0.0.1', PORT: port, OPS_PORT: '0', LOG_LEVEL: 'error' },
  },
)
service.app.get('/work', () => service.dependencies.replicas.get('/work'))
let attemptCount = 0
subscribe('keelson.client.attempt', () => (attemptCount += 1))
service.app.get('/usage', () => {
  const { user, system } = process.cpuUsage()
  return { cpuMicros: user + system, attemptCount }
})
await service.start()
process.stdout.write('listening\n')
