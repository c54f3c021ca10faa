// A name server for 127.0.0.53:53 of a private network namespace: knows the cluster's names, counts what it is asked, and can fall silent.
import { createSocket } from 'node:dgram'

let isSilent = false
let queryCount = 0

/** The only name there is; everything else is NXDOMAIN, as names of the search list are. */
const knownName = 'catalog.prod.svc.cluster.local'
const ttlSeconds = 5

const socket = createSocket('udp4')
socket.on('message', (query, from) => {
  queryCount += 1
  if (isSilent) return
  socket.send(answer(query), from.port, from.address)
})
socket.bind(53, '127.0.0.53', () => process.send?.('listening'))

// Its parent may end by an error.
process.on('disconnect', () => socket.close())
process.on('message', (message) => {
  if (message === 'silence') isSilent = true
  process.send?.({ queryCount })
  queryCount = 0
})

function answer(query: Buffer): Buffer {
  const labels: string[] = []
  let end = 12
  for (let length = query[end] ?? 0; length > 0; length = query[end] ?? 0) {
    labels.push(query.toString('latin1', end + 1, end + 1 + length))
    end += length + 1
  }
  const type = query.readUInt16BE(end + 1)
  const isKnown = labels.join('.').toLowerCase() === knownName
  const hasAddress = isKnown && type === 1
  const header = Buffer.from(query.subarray(0, 12))
  // Answer, authoritative, recursion available; NXDOMAIN is 3. One question, no additional records.
  header.writeUInt16BE(isKnown ? 0x85_80 : 0x85_83, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(hasAddress ? 1 : 0, 6)
  header.writeUInt32BE(0, 8)
  const question = query.subarray(12, end + 5)
  if (!hasAddress) return Buffer.concat([header, question])
  // A pointer to the name, type A, class IN, time to live, 127.0.0.1.
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, ttlSeconds, 0, 4, 127, 0, 0, 1])
  return Buffer.concat([header, question, record])
}
