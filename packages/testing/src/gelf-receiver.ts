import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { checkGelfMessage } from './gelf-check.ts'
import { createChunkAssembler } from './gelf-receiver-chunks.ts'

/** Options of {@link startGelfReceiver}. */
export interface GelfReceiverOptions {
  readonly transport: 'udp' | 'tcp' | 'tls'
  /** Key and certificate for `tls`, PEM. */
  readonly key?: string
  readonly cert?: string
}

/** One message as it arrived. */
export interface ReceivedGelf {
  readonly text: string
  /** The message read, or an empty record when it is no JSON object. */
  readonly fields: Readonly<Record<string, unknown>>
  /** One sentence per violation of GELF, each beginning with the name of its field. */
  readonly violations: readonly string[]
}

/** A GELF input as strict as none that exists: what Graylog drops without a word is a violation here. */
export interface GelfReceiver {
  /** `udp://127.0.0.1:<port>` and so on; stays the same over {@link kill} and {@link revive}. */
  readonly url: string
  readonly messages: readonly ReceivedGelf[]
  /** Violations of the transport: framing, chunks, compression. Those of messages stand with them. */
  readonly problems: readonly string[]
  /** TCP connections, for `tls` those whose handshake succeeded. */
  readonly connectionCount: number
  readonly datagramCount: number
  /** Resolves when that many messages have arrived since the start; rejects after `timeoutMs`. */
  received(count: number, timeoutMs?: number): Promise<void>
  /** Cuts every connection and closes the port, as a killed process does. */
  kill(): Promise<void>
  /** Listens again, on the same port. */
  revive(): Promise<void>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Largest frame of Graylog's TCP input, `max_message_size`, in bytes. */
const maxMessageBytes = 2 * 1024 * 1024

const pollMs = 5

/** Starts a receiver on a free port of 127.0.0.1. */
export async function startGelfReceiver(options: GelfReceiverOptions): Promise<GelfReceiver> {
  const messages: ReceivedGelf[] = []
  const problems: string[] = []
  const counts = { connections: 0, datagrams: 0 }
  const take = (text: string): void =>
    void messages.push({ text, fields: fieldsOf(text), violations: checkGelfMessage(text, maxMessageBytes) })
  const input =
    options.transport === 'udp'
      ? udpInput(take, problems, counts)
      : streamInput(options, take, problems, counts)
  const port = await input.listen(0)

  return {
    url: `${options.transport}://127.0.0.1:${port}`,
    messages,
    problems,
    get connectionCount() {
      return counts.connections
    },
    get datagramCount() {
      return counts.datagrams
    },
    async received(count, timeoutMs = 20_000) {
      const end = performance.now() + timeoutMs
      while (messages.length < count) {
        if (performance.now() > end) throw new Error(`${messages.length} of ${count} messages arrived`)
        await new Promise((resolve) => setTimeout(resolve, pollMs))
      }
    },
    kill: () => input.close(),
    revive: async () => void (await input.listen(port)),
    close: () => input.close(),
    [Symbol.asyncDispose]: () => input.close(),
  }
}

interface Input {
  listen(port: number): Promise<number>
  close(): Promise<void>
}

interface Counts {
  connections: number
  datagrams: number
}

function udpInput(take: (text: string) => void, problems: string[], counts: Counts): Input {
  let socket: UdpSocket | undefined
  const assemble = createChunkAssembler(take, problems)
  return {
    listen: (port) =>
      new Promise((resolve) => {
        // A burst on a busy machine must not be lost to the default of 208 KiB.
        const made = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
        socket = made
        made.on('message', (datagram) => {
          counts.datagrams++
          assemble(datagram)
        })
        made.bind(port, '127.0.0.1', () => resolve(made.address().port))
      }),
    close: () =>
      new Promise((resolve) => {
        const closing = socket
        socket = undefined
        if (closing === undefined) resolve()
        else closing.close(() => resolve())
      }),
  }
}

function streamInput(
  { transport, key, cert }: GelfReceiverOptions,
  take: (text: string) => void,
  problems: string[],
  counts: Counts,
): Input {
  let server: Server | undefined
  const sockets = new Set<Socket>()
  const serve = (socket: Socket): void => {
    counts.connections++
    const frames = createFrameReader(take, problems)
    socket.on('data', frames.push)
    socket.on('end', frames.end)
  }
  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        const made =
          transport === 'tls'
            ? createTlsServer(
                { ...(key === undefined ? {} : { key }), ...(cert === undefined ? {} : { cert }) },
                serve,
              )
            : createTcpServer(serve)
        server = made
        made.on('connection', (socket) => {
          sockets.add(socket)
          socket.on('error', () => {})
          socket.on('close', () => sockets.delete(socket))
        })
        made.on('tlsClientError', () => {})
        made.once('error', reject)
        // A server on a port always has an address of this form.
        made.listen(port, '127.0.0.1', () => resolve((made.address() as AddressInfo).port))
      }),
    close: () =>
      new Promise((resolve) => {
        const closing = server
        server = undefined
        if (closing === undefined) resolve()
        else closing.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Cuts a stream at its NULs. */
function createFrameReader(
  take: (text: string) => void,
  problems: string[],
): { push: (data: Buffer) => void; end: () => void } {
  let pieces: Buffer[] = []
  let bytes = 0
  return {
    push(data) {
      let rest = data
      for (let at = rest.indexOf(0); at >= 0; at = rest.indexOf(0)) {
        const frame = Buffer.concat([...pieces, rest.subarray(0, at)])
        if (frame.length === 0) problems.push('A frame is empty.')
        else if (frame.length > maxMessageBytes) problems.push(`A frame has ${frame.length} bytes.`)
        else take(frame.toString())
        pieces = []
        bytes = 0
        rest = rest.subarray(at + 1)
      }
      if (rest.length > 0) pieces.push(rest)
      bytes += rest.length
    },
    end() {
      if (bytes > 0) problems.push(`The connection ended within a frame, after ${bytes} bytes of it.`)
    },
  }
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    // Any JSON object is a record of unknown values.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
