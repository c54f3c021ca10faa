import { writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { startBalancer } from '../../bench/src/restarts/balancer-process.ts'
import { anyLoopbackAddress, textOf, type Address } from '../../bench/src/restarts/loopback-address.ts'

/** HAProxy that balances connections and looks into none, as the address of a Kubernetes service does. */
export interface TcpBalancer extends AsyncDisposable {
  /** Where each way of balancing listens. */
  readonly addresses: Readonly<Record<Balance, Address>>
  /** Adds replicas that were not used so far. */
  add(from: number, to: number): Promise<void>
}

/** Ways to choose a server for a connection. */
export type Balance = 'roundrobin' | 'leastconn'

const balances: readonly Balance[] = ['roundrobin', 'leastconn']

/**
 * Starts it before replicas of which some are to be added later.
 *
 * @param usedCount how many of the replicas get connections from the start
 */
export async function startTcpBalancer(
  replicas: readonly Address[],
  usedCount: number,
): Promise<TcpBalancer> {
  const addresses = { roundrobin: anyLoopbackAddress(), leastconn: anyLoopbackAddress() }
  const balancer = await startBalancer({
    program: 'haproxy',
    address: addresses.roundrobin,
    prepare(folder) {
      const servers = replicas.map(
        (replica, index) =>
          `  server replica_${index} ${textOf(replica)}${index < usedCount ? '' : ' disabled'}`,
      )
      const parts = balances.map(
        (balance) =>
          `listen ${balance}\n  bind ${textOf(addresses[balance])}\n  balance ${balance}\n${servers.join('\n')}\n`,
      )
      const file = join(folder, 'haproxy.cfg')
      writeFileSync(
        file,
        `global
  stats socket ${join(folder, 'admin.sock')} mode 600 level admin
defaults
  mode tcp
  timeout connect 5s
  timeout client 75s
  timeout server 75s
${parts.join('')}`,
      )
      return ['-db', '-f', file]
    },
  })
  return {
    addresses,
    async add(from, to) {
      for (let index = from; index < to; index++) {
        for (const balance of balances) {
          const socket = connect({ path: join(balancer.folder, 'admin.sock') })
          socket.write(`set server ${balance}/replica_${index} state ready\n`)
          let answer = ''
          socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
          await once(socket, 'close')
          if (answer.trim() !== '') throw new Error(`HAProxy answered "${answer.trim()}".`)
        }
      }
    },
    [Symbol.asyncDispose]: () => balancer[Symbol.asyncDispose](),
  }
}
