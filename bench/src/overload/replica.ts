// One replica of a service with a fixed capacity, behind one way to refuse requests. Arguments: port, work, guard.
import { installKeelson } from '@keelson/fastify'
import Fastify, { type FastifyInstance } from 'fastify'
import { guards, type GuardName } from './guards.ts'
import { works, type WorkName } from './works.ts'

const [, , port = '0', work = 'cpu', guard = 'keelson'] = process.argv
const app: FastifyInstance = Fastify({ keepAliveTimeout: 60_000 })
// Both names come from the tables themselves.
if (guard === 'keelson') installKeelson(app, { service: 'overload' })
else if (guard.startsWith('keelson ')) {
  installKeelson(app, { service: 'overload', admission: { backlogMs: Number(guard.slice(8)) } })
} else guards[guard as GuardName](app)
app.get('/work', works[work as WorkName].handler)
const url = await app.listen({ host: '127.0.0.1', port: Number(port) })
process.stdout.write(`${new URL(url).port}\n`)
process.once('SIGTERM', () => process.exit(0))
