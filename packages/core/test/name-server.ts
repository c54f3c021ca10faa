import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** A name server on UDP that answers for the names it is given; everything else does not exist. */
export interface NameServer {
  /** `127.0.0.1:<port>` */
  readonly address: string
  /** Names that were asked for, in order, repetitions included. */
  readonly asked: readonly string[]
  /** Addresses by name; a name without addresses exists and has none. */
  readonly records: Map<string, readonly string[]>
  /** Answers nobody as long as it is true. */
  silent: boolean
  close(): Promise<void>
}

const typeA = 1
const noSuchName = 3

/** Starts a {@link NameServer}. @param ttlSeconds time to live of its answers */
export async function startNameServer(ttlSeconds: number): Promise<NameServer> {
  const socket = createSocket('udp4')
  const asked: string[] = []
  const records = new Map<string, readonly string[]>()
  let silent = false
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = readQuestion(query)
    asked.push(name)
    if (silent) return
    const found = records.get(name)
    const answers = type === typeA ? (found ?? []) : []
    const code = found === undefined ? noSuchName : 0
    socket.send(reply(query.subarray(0, end), code, answers, ttlSeconds), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    records,
    get silent() {
      return silent
    },
    set silent(value) {
      silent = value
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

/** The one question of a query (RFC 1035 §4.1.2), which begins behind the header of 12 bytes. */
function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let offset = 12
  for (let length = query.readUInt8(offset); length > 0; length = query.readUInt8(offset)) {
    labels.push(query.toString('latin1', offset + 1, offset + 1 + length))
    offset += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(offset + 1), end: offset + 5 }
}

/** An answer to a query: its header and question again, then one record per address (RFC 1035 §4.1.3). */
function reply(question: Buffer, code: number, addresses: readonly string[], ttlSeconds: number): Buffer {
  const head = Buffer.from(question)
  head.writeUInt16BE(0x85_80 | code, 2) // an authoritative answer; recursion asked for and available
  head.writeUInt16BE(addresses.length, 6)
  head.writeUInt16BE(0, 8)
  head.writeUInt16BE(0, 10)
  const records = addresses.map((address) => {
    const record = Buffer.alloc(16)
    record.writeUInt16BE(0xc0_0c, 0) // the name of the question
    record.writeUInt16BE(typeA, 2)
    record.writeUInt16BE(1, 4)
    record.writeUInt32BE(ttlSeconds, 6)
    record.writeUInt16BE(4, 10)
    record.set(address.split('.').map(Number), 12)
    return record
  })
  return Buffer.concat([head, ...records])
}
