import { fileURLToPath } from 'node:url'
import { startProcess, type TestProcess } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { createHealth } from '@keelson/core/health'
import { startProbeThread, type OpsServer, type ProbeThreadOptions } from '@keelson/core/ops'

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(options: Partial<ProbeThreadOptions> = {}) {
  const health = createHealth({ service: 'thread-test' })
  const server: OpsServer = await startProbeThread({
    service: 'thread-test',
    host: '127.0.0.1',
    port: 0,
    health,
    ...options,
  })
  closing.push(() => server.close())
  return { health, server, url: `http://127.0.0.1:${server.port}` }
}

/** A process whose main thread blocks for a while, asked from this one. */
async function blocking(
  blockMs: number,
  stallLimitMs: number,
  preload: { readonly nodeArgs?: readonly string[]; readonly nodeOptions?: string } = {},
): Promise<{ child: TestProcess; url: string }> {
  const child = startProcess({
    ...(preload.nodeOptions === undefined ? {} : { env: { NODE_OPTIONS: preload.nodeOptions } }),
    command: [
      process.execPath,
      '--conditions=keelson-source',
      ...(preload.nodeArgs ?? []),
      fileURLToPath(new URL('./fixtures/blocking-service.ts', import.meta.url)),
      String(blockMs),
      String(stallLimitMs),
    ],
  })
  closing.push(async () => child[Symbol.asyncDispose]())
  const ready = await child.line((line) => line.startsWith('port '), 'the port')
  await child.line((line) => line === 'blocking', 'the block')
  return { child, url: `http://127.0.0.1:${ready.slice(5)}` }
}

describe('startProbeThread', () => {
  it('answers the probes by the state of the service, at once after each change', async () => {
    const { health, url } = await start()
    const statuses = async () =>
      Promise.all(
        ['liveness', 'readiness', 'startup'].map(async (probe) => (await fetch(`${url}/${probe}`)).status),
      )
    expect(await statuses()).toEqual([200, 503, 503])
    health.markStarted()
    expect(await statuses()).toEqual([200, 200, 200])
    health.check('disk', () => Promise.reject(new Error('why')), { critical: true })
    const response = await fetch(`${url}/readiness?x=1`)
    expect([response.status, response.headers.get('cache-control'), await response.json()]).toEqual([
      503,
      'no-store',
      { status: 'down', reasons: ['check disk'] },
    ])
    health.drain()
    expect(await statuses()).toEqual([200, 503, 200])
  })

  it('answers readiness while a critical check hangs, and names it', async () => {
    const { health, url } = await start()
    health.markStarted()
    health.check('stuck', () => new Promise(() => {}), { critical: true, timeoutMs: 60_000 })
    void health.start()
    for (let count = 0; count < 100; count++) {
      const response = await fetch(`${url}/readiness`)
      expect(await response.json()).toEqual({ status: 'down', reasons: ['check stuck'] })
    }
    // None of them waited for the check, which knows nothing yet.
    expect(health.checks()).toMatchObject([{ name: 'stuck', status: 'unknown' }])
    await health.close()
  })

  it('keeps an answer that does not fit its memory to the status', async () => {
    const { health, url } = await start()
    for (let index = 0; index < 200; index++) {
      health.check(`a-check-with-a-long-name-${index}`, () => Promise.reject(new Error('x')), {
        critical: true,
      })
    }
    expect(await (await fetch(`${url}/readiness`)).json()).toEqual({ status: 'down', reasons: [] })
  })

  it('passes everything else to the main thread, four at once, and gives up after its time', async () => {
    let asked = 0
    const { url } = await start({
      metrics: () => ((asked += 1), new Promise(() => {})),
      info: () => ({ name: 'thread-test' }),
    })
    expect(await (await fetch(`${url}/info`)).json()).toEqual({ name: 'thread-test' })
    expect((await fetch(`${url}/nothing`)).status).toBe(404)
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405)
    const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(`${url}/metrics`)))
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 10 }, () => 503))
    expect(asked).toBe(4)
    expect((await fetch(`${url}/info`)).status).toBe(200)
  })

  it('names OPS_PORT when its port is taken, and leaves no thread behind', async () => {
    const { server } = await start()
    await expect(start({ port: server.port })).rejects.toThrow(
      expect.objectContaining({
        code: 'KEELSON_HTTP_ADDRESS_IN_USE',
        message: expect.stringContaining('OPS_PORT'),
      }),
    )
  })

  const preloaded = fileURLToPath(new URL('./fixtures/count-loads.mjs', import.meta.url))
  it.each([
    ['--import', { nodeArgs: [`--import=${preloaded}`] }],
    ['--import in NODE_OPTIONS', { nodeOptions: `--import=${preloaded}` }],
  ])('loads nothing that is preloaded by %s into its thread', async (_name, preload) => {
    const { child, url } = await blocking(0, 20_000, preload)
    expect((await fetch(`${url}/liveness`)).status).toBe(200)
    expect(child.stdout.filter((line) => line.startsWith('loaded'))).toEqual(['loaded in thread 0'])
  })

  it('answers liveness 200 all through a block below the limit', async () => {
    const { child, url } = await blocking(2_000, 20_000)
    let answers = 0
    while (!child.stdout.includes('unblocked')) {
      expect((await fetch(`${url}/liveness`)).status).toBe(200)
      answers++
    }
    // The first that had to wait for the main thread would have taken the rest of the block, and been the last.
    expect(answers).toBeGreaterThan(3)
  })

  it('answers 503 beyond the limit, writes the stack that blocks once, and recovers', async () => {
    const { child, url } = await blocking(4_000, 1_000)
    const line = await child.line((text) => text.includes('has been blocked'), 'the line of the stall')
    expect(JSON.parse(line)).toMatchObject({
      version: '1.1',
      _service: 'blocking',
      level: 2,
      full_message: expect.stringMatching(/at spin \(.*blocking-service\.ts:\d+:\d+\)/),
    })
    expect((await fetch(`${url}/liveness`)).status).toBe(503)
    expect(await (await fetch(`${url}/readiness`)).json()).toMatchObject({ status: 'down' })
    await child.line((text) => text === 'unblocked', 'the end of the block')
    await child.line((text) => text.startsWith('fact '), 'the fact')
    expect((await fetch(`${url}/liveness`)).status).toBe(200)
    expect(child.stdout.filter((text) => text.includes('has been blocked'))).toHaveLength(1)
  })
})
