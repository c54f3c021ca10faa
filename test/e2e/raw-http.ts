import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

/**
 * Sends bytes as they are and reads the whole answer: for requests that no client would write.
 *
 * @param head request line and headers; `connection: close` and the empty line are added
 */
export async function sendRaw(port: number, head: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`${[...head, 'host: 127.0.0.1', 'connection: close'].join('\r\n')}\r\n\r\n`, 'latin1')
  return text(socket)
}

/** Value of a header of a raw answer. */
export function headerOf(answer: string, name: string): string | undefined {
  const head = answer.split('\r\n\r\n', 1)[0] ?? ''
  const line = head.split('\r\n').find((one) => one.toLowerCase().startsWith(`${name}:`))
  return line?.slice(name.length + 1).trim()
}
