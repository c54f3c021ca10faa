// Ships messages over the network by one contender; says on standard error what one cost. Arguments: contender (keelson
// or gelf-pro), transport, port, messages that are counted, messages before them.
import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createGelfAdapter } from '@keelson/log'
import type { LineCost } from './write-lines.ts'

/** What is used of gelf-pro. */
interface GelfPro {
  adapter: unknown
  setConfig(config: object): void
  send(message: string, callback: (error?: Error) => void): void
}

/** gelf-pro opens a socket for each message: more at a time, and it runs out of descriptors. */
const burst = 50

const [contender = '', transport = '', portText = '', countText = '', warmUpText = ''] = process.argv.slice(2)
const gelf = createRequire(import.meta.url)('gelf-pro') as GelfPro
const port = Number(portText)
const close = contender === 'keelson' ? useAdapter() : useOwn()
const line = JSON.stringify({
  version: '1.1',
  host: 'delivery-7d9c5b6f4-x2x7k',
  short_message: 'GET /videos/:id 200',
  timestamp: 1_767_225_600.123,
  level: 6,
  _service: 'delivery',
  _version: '1.4.0',
  _pod: 'delivery-7d9c5b6f4-x2x7k',
  _request_id: '5e0c8a5c-3f4e-4e0b-9c3f-0d8f2f6f9c11',
  _route: '/videos/:id',
  _status: 200,
  _duration_ms: 12.345,
})

await ship(Number(warmUpText))
const before = process.cpuUsage()
await ship(Number(countText))
const { user, system } = process.cpuUsage(before)
await close()
const cost: LineCost = { cpuMicros: (user + system) / Number(countText) }
writeSync(2, JSON.stringify(cost))

function useAdapter(): () => Promise<void> {
  const adapter = createGelfAdapter({ url: `${transport}://127.0.0.1:${port}` })
  gelf.adapter = adapter
  return () => adapter.close()
}

function useOwn(): () => Promise<void> {
  gelf.setConfig({ adapterName: transport, adapterOptions: { host: '127.0.0.1', port, protocol: 'udp4' } })
  return () => Promise.resolve()
}

/** Ships bursts, each when the one before is in the kernel. */
async function ship(count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += burst) {
    await Promise.all(
      Array.from(
        { length: burst },
        () =>
          new Promise<void>((resolve, reject) => {
            gelf.send(line, (error) => (error === undefined || error === null ? resolve() : reject(error)))
          }),
      ),
    )
  }
}
