import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

/** Names the libraries among the modules that a process has loaded; undici and opossum are CommonJS and in its cache. */
const report = `
  import { createRequire } from 'node:module'
  const loaded = () => ['undici', 'opossum'].filter((name) =>
    Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('/node_modules/' + name + '/')))
`

async function run(source: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=keelson-source', '--input-type=module', '--eval', report + source],
    { cwd: import.meta.dirname, timeout: 30_000 },
  )
  return JSON.parse(stdout)
}

describe('importing', () => {
  it('the client and the policies loads neither undici nor opossum; making a client does', async () => {
    const result = await run(`
      const { createHttpClient } = await import('@keelson/http-client')
      await import('@keelson/resilience')
      const before = loaded()
      const client = createHttpClient({ service: 'a', dependency: 'b', target: 'http://127.0.0.1:1' })
      await client.close()
      process.stdout.write(JSON.stringify({ before, after: loaded() }))
    `)
    expect(result).toEqual({ before: [], after: ['undici', 'opossum'] })
  })

  it('making a client that is never closed keeps no process alive', async () => {
    const result = await run(`
      const { createHttpClient } = await import('@keelson/http-client')
      const client = createHttpClient({ service: 'a', dependency: 'b', target: 'http://127.0.0.1:1', breaker: { minimumThroughput: 1, breakMs: 600_000, maxBreakMs: 600_000 } })
      const code = await client.get('/').catch((error) => error.code)
      process.stdout.write(JSON.stringify({ code, breaker: client.state().breaker }))
    `)
    expect(result).toEqual({ code: 'KEELSON_CLIENT_CONNECT_FAILED', breaker: 'open' })
  })
})
