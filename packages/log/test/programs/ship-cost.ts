/**
 * Ships messages to the receiver at argv[3] by the adapter of argv[2] (`ours` or gelf-pro's own: `udp`, `tcp`) and
 * prints how many and what CPU time they took. gelf-pro's own is given 50 at a time, or it runs out of descriptors.
 */
import { createRequire } from 'node:module'
import { writeSync } from 'node:fs'
import { createGelfAdapter } from '../../src/shipping/gelf-adapter.ts'
import { gelfProSender } from '../../src/shipping/gelf-pro-client.ts'

interface GelfPro {
  setConfig(config: object): void
  send(message: string, callback: (error?: Error) => void): void
}

const [, , kind = '', url = '', countText = ''] = process.argv
const count = Number(countText)
const line = `${JSON.stringify({
  version: '1.1',
  host: 'pod-1',
  short_message: 'GET /videos/:id 200',
  timestamp: 1_767_225_600.123,
  level: 6,
  _service: 'delivery',
  _request_id: '5e0c8a5c-3f4e-4e0b-9c3f-0d8f2f6f9c11',
  _route: '/videos/:id',
  _status: 200,
  _duration_ms: 12.345,
})}\n`

let failures = 0
const before = process.cpuUsage()
if (kind === 'ours') {
  const adapter = createGelfAdapter({
    url,
    closeTimeoutMs: 60_000,
    maxQueueCount: 1_000_000,
    maxQueueBytes: 2 ** 30,
  })
  const send = gelfProSender(adapter)
  for (let sent = 0; sent < count; ) {
    for (let index = 0; index < 50; index++, sent++) send(line)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await adapter.close()
  failures = count - adapter.stats().sentCount
} else {
  // What is used of it here.
  const gelf = createRequire(import.meta.url)('gelf-pro') as GelfPro
  const { hostname, port } = new URL(url)
  gelf.setConfig({
    adapterName: kind,
    adapterOptions: { host: hostname, port: Number(port), protocol: 'udp4' },
  })
  for (let sent = 0; sent < count; ) {
    const burst = Array.from(
      { length: 50 },
      () =>
        new Promise<void>((resolve) =>
          gelf.send(line, (error) => {
            if (error) failures++
            resolve()
          }),
        ),
    )
    sent += burst.length
    await Promise.all(burst)
  }
}
const { user, system } = process.cpuUsage(before)
writeSync(1, JSON.stringify({ count, failures, cpuMs: (user + system) / 1000 }))
