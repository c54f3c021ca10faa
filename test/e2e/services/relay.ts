// A service between users and replicas: every request is one call. `/attempts` says how many attempts it has made.
import { subscribe } from '@keelson/core/channels'
import { createService } from 'keelson'

const { RELAY_PORT = '0', REPLICA_PORT = '0', REPLICA_ADDRESSES = '' } = process.env
const found = REPLICA_ADDRESSES.split(',').map((address) => ({ address, family: 4 as const }))

const service = await createService(
  {
    name: 'relay',
    dependencies: {
      replicas: {
        target: `http://replicas.prod:${REPLICA_PORT}`,
        resolver: {
          resolve: () => Promise.resolve(found),
          lookup: (_name, _options, answer) => answer(null, found),
        },
      },
    },
  },
  {
    argv: [],
    env: { ...process.env, HOST: '127.0.0.1', PORT: RELAY_PORT, OPS_PORT: '0', LOG_LEVEL: 'error' },
  },
)
let attemptCount = 0
subscribe('keelson.client.attempt', () => (attemptCount += 1))
service.app.get('/work', () => service.dependencies.replicas.get('/work'))
service.app.get('/attempts', () => String(attemptCount))
await service.start()
process.stdout.write('listening\n')
