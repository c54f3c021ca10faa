import { describe, expect, it } from 'vitest'
import { assignPorts } from './ports.ts'

const own = (port: number, opsPort: number) => ({ ports: { port, opsPort } })

describe('assignPorts', () => {
  it('leaves a service its own ports where they are free', async () => {
    const found = await assignPorts([own(9000, 9001)], async () => true)
    expect(found).toEqual([{ port: 9000, opsPort: 9001, handedOver: false }])
  })

  it('gives the next ports to services that would take the same', async () => {
    const found = await assignPorts([own(8080, 8081), own(8080, 8081)], async () => true)
    expect(found).toEqual([
      { port: 8080, opsPort: 8081, handedOver: false },
      { port: 8082, opsPort: 8083, handedOver: true },
    ])
  })

  it('passes over ports that others have', async () => {
    const found = await assignPorts([own(8080, 8081)], async (port) => port > 8081)
    expect(found).toEqual([{ port: 8082, opsPort: 8083, handedOver: true }])
  })

  it('keeps operations endpoints on the port of the service where they are shared', async () => {
    const found = await assignPorts([own(8080, 8080), own(8080, 8080)], async () => true)
    expect(found.map(({ port, opsPort }) => [port, opsPort])).toEqual([
      [8080, 8080],
      [8081, 8081],
    ])
  })

  it('hands ports over to a service of which nothing is known', async () => {
    expect(await assignPorts([{ ports: undefined }], async () => true)).toEqual([
      { port: 8080, opsPort: 8081, handedOver: true },
    ])
  })

  it('gives up after some hundred ports', async () => {
    await expect(assignPorts([own(65_000, 65_001)], async () => false)).rejects.toThrow(/no free port/)
  })
})
