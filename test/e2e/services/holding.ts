// A service with what usually keeps a process alive when it should end: a timer and a pool of open connections.
import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createService } from 'keelson'

const service = await createService({ name: 'holding' })

setInterval(() => service.log.debug('still here'), 1_000)

const store = createServer(() => undefined).listen(0, '127.0.0.1')
await once(store, 'listening')
// A listening TCP server has an address of this form.
const { port } = store.address() as AddressInfo
const pool = Array.from({ length: 3 }, () => connect(port, '127.0.0.1'))
await Promise.all(pool.map((socket) => once(socket, 'connect')))

// Larger than what the socket's buffers hold: it is still flushing long after the handler has returned.
const film = Buffer.alloc(20 * 1024 * 1024, 'keelson ')
service.app.get('/film', (_request, reply) => reply.type('application/octet-stream').send(film))

service.app.get('/stuck', () => new Promise(() => undefined))

await service.start()
