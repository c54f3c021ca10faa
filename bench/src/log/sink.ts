// Takes datagrams and TCP connections on one port of 127.0.0.1 and throws away what comes; prints the port. Ends with
// its standard input.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const server = createServer((socket) => {
  socket.on('error', () => socket.destroy())
  socket.resume()
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const datagrams = createSocket('udp4')
  datagrams.on('message', () => {})
  datagrams.bind(port, '127.0.0.1', () => console.log(port))
})
process.stdin.resume()
process.stdin.on('end', () => process.exit())
