import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { startBalancer } from './balancer-process.ts'
import type { Front } from './front.ts'
import { anyLoopbackAddress, textOf, type Address } from './loopback-address.ts'

/** HAProxy with its defaults for retries and reuse; the list is changed over its admin socket. */
export async function startHaproxyFront(slotCount: number): Promise<Front> {
  const address = anyLoopbackAddress()
  const balancer = await startBalancer({
    program: 'haproxy',
    address,
    prepare(folder) {
      const file = join(folder, 'haproxy.cfg')
      writeFileSync(file, configuration(folder, address, slotCount))
      return ['-db', '-f', file]
    },
  })
  const command = (text: string) => send(socketOf(balancer.folder), text)
  return {
    nextAddress: () => address,
    async put(slot, { host, port }) {
      await command(`set server replicas/slot_${slot} addr ${host} port ${port}`)
      await command(`set server replicas/slot_${slot} state ready`)
    },
    async take(slot) {
      await command(`set server replicas/slot_${slot} state maint`)
    },
    [Symbol.asyncDispose]: () => balancer[Symbol.asyncDispose](),
  }
}

function socketOf(folder: string): string {
  return join(folder, 'admin.sock')
}

function configuration(folder: string, address: Address, slotCount: number): string {
  const servers = Array.from({ length: slotCount }, (_, slot) => `  server slot_${slot} 127.0.0.1:1 disabled`)
  return `global
  stats socket ${socketOf(folder)} mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 75s
  timeout server 60s
frontend clients
  bind ${textOf(address)}
  default_backend replicas
backend replicas
  balance roundrobin
${servers.join('\n')}
`
}

/** @throws Error with HAProxy's answer when it is a complaint; a change of address is answered by a line that says so */
function send(path: string, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect({ path })
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    socket.once('error', reject)
    socket.once('close', () => {
      const text = answer.trim()
      if (text === '' || text.includes('changed from') || text.includes('no need to change')) resolve()
      else reject(new Error(`haproxy answered "${text}" to "${command}".`))
    })
    socket.write(`${command}\n`)
  })
}
