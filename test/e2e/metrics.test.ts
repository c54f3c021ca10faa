import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { requireServer } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { startLoad } from './load.ts'
import { startCatalog, startDelivery, startService, statusOf, until } from './service-process.ts'

const promtool = requireServer('promtool')

describe.skipIf(!promtool.available)('/metrics', () => {
  it('passes promtool check metrics in both services while requests run', async () => {
    await using catalog = await startCatalog({ CATALOG__DELAY: '0' })
    await using delivery = await startDelivery(catalog.url)
    const load = startLoad(8, (index) => `${delivery.url}/videos/${index % 25}`)

    for (let round = 1; round <= 3; round++) {
      await until(() => load.shots.length > round * 200, 'the load')
      for (const service of [delivery, catalog]) {
        const answer = await fetch(`${service.opsUrl}/metrics`)
        expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
        const page = await answer.text()
        expect(page).toMatch(/^http_requests_total\{.*route="\/videos\/:id".*\} [1-9]/m)
        expect(await checkMetrics(page)).toEqual({ code: 0, output: '' })
      }
    }
    await load.end()
  })

  it('passes it during the drain too', async () => {
    await using catalog = await startCatalog({ CATALOG__DELAY: '0', SHUTDOWN_DRAIN_DELAY: '5s' })
    await fetch(`${catalog.url}/videos/1`)
    catalog.process.signal('SIGTERM')
    await until(async () => (await statusOf(`${catalog.opsUrl}/readiness`)) === 503, 'the drain')
    const page = await (await fetch(`${catalog.opsUrl}/metrics`)).text()
    expect(page).toContain('keelson_lifecycle_phase{phase="draining"} 1')
    expect(await checkMetrics(page)).toEqual({ code: 0, output: '' })
  })

  it.each(['minimal', 'plain-node', 'express', 'nest'])('passes it in the example %s', async (example) => {
    await using service = await startService({ main: `examples/${example}/src/main.ts` })
    await fetch(`${service.url}/`)
    const pageOf = async () => (await fetch(`${service.opsUrl}/metrics`)).text()
    // A request is counted when its answer has left.
    await expect.poll(pageOf).toMatch(/^http_requests_total\{.*\} 1$/m)
    const page = await pageOf()
    expect(await checkMetrics(page)).toEqual({ code: 0, output: '' })
  })

  it('is refused by promtool when a page is wrong', async () => {
    const { code, output } = await checkMetrics('# TYPE requests counter\nrequests 1\n')
    expect(code).not.toBe(0)
    expect(output).toContain('requests')
  })
})

async function checkMetrics(page: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(promtool.path ?? 'promtool', ['check', 'metrics'], { stdio: 'pipe' })
  const code = new Promise<number | null>((resolve) => child.once('close', resolve))
  child.stdin.end(page)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, output: stdout + stderr }
}
