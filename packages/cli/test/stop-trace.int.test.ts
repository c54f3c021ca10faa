import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createLogStore } from '../src/dev/log-store.ts'
import type { StopMessage } from '../src/dev/messages.ts'
import { traceStop } from '../src/dev/stop-trace.ts'

it('looks once more after the end, so that a sudden one is not drawn as if everything had stayed', async () => {
  let asked = 0
  const service = createServer((_request, response) => {
    asked += 1
    response.once('close', () => {
      // Two probes before the signal, and two at the first look after it: then it goes between two looks.
      if (asked === 4) service.close()
    })
    response.setHeader('connection', 'close').end('ok')
  })
  service.listen(0, '127.0.0.1')
  onTestFinished(() => void service.close())
  await once(service, 'listening')
  // A server that listens on an address has a port.
  const { port } = service.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const supervisor = {
    phase: 'up' as const,
    pid: 1,
    startCount: 1,
    lastEnd: { code: 0, signal: null },
    markReady() {},
    run() {},
    restart() {},
    kill() {},
    stop: () => once(service, 'close').then(() => undefined),
  }
  const member = {
    name: 'catalog',
    spec: {
      name: 'catalog',
      folder: '/',
      entry: '/main.js',
      ports: undefined,
      choosesHost: false,
      targets: undefined,
      graceMs: 1_000,
      note: undefined,
    },
    ports: { port, opsPort: port, handedOver: true },
    url,
    opsUrl: url,
    opsToken: '',
    calls: [],
    supervisor,
  }
  const traces: StopMessage[] = []
  await traceStop(member, createLogStore(), (trace) => traces.push(trace))
  const last = traces.at(-1)
  expect(last?.end).toMatchObject({ isClean: true })
  expect(last?.looks[0]).toMatchObject({ readiness: 'u', liveness: 'u', accepts: true })
  expect(last?.looks.at(-1)).toMatchObject({ readiness: 'g', liveness: 'g', accepts: false })
})
