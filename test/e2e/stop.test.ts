import { describe, expect, it } from 'vitest'
import { startDelivery, startService, statusOf, until, type ServiceProcess } from './service-process.ts'

/** No request of these tests calls the catalog. */
const noCatalog = 'http://127.0.0.1:9'

describe('SIGTERM', () => {
  it('lets a running request of some seconds complete, unready but alive, then ends with 0', async () => {
    await using delivery = await startDelivery(noCatalog)
    let isAnswered = false
    const slow = fetch(`${delivery.url}/slow?seconds=4`).finally(() => (isAnswered = true))
    slow.catch(() => undefined)
    await until(() => isBusy(delivery), 'the request')

    delivery.process.signal('SIGTERM')
    await delivery.line((line) => line['_phase'] === 'draining', 'the beginning of the drain')
    // The first answers after the signal was seen, not answers after a while.
    expect(await statusOf(`${delivery.opsUrl}/readiness`)).toBe(503)
    expect(await statusOf(`${delivery.opsUrl}/liveness`)).toBe(200)
    expect(isAnswered).toBe(false)

    const answer = await slow
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ seconds: 4 })
    expect(answer.headers.get('connection')).toBe('close')
    expect(await delivery.process.exited()).toEqual({ code: 0, signal: null })
    expect(delivery.lines((line) => line['_route'] === '/slow')).toMatchObject([{ _status: 200 }])
  })

  it('goes on accepting for the drain delay, and tells each caller to leave', async () => {
    await using delivery = await startDelivery(noCatalog, { SHUTDOWN_DRAIN_DELAY: '4s' })
    delivery.process.signal('SIGTERM')
    await until(async () => (await statusOf(`${delivery.opsUrl}/readiness`)) === 503, 'unreadiness')

    for (let index = 0; index < 5; index++) {
      const answer = await fetch(`${delivery.url}/slow?seconds=0`)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('connection')).toBe('close')
    }
    expect(await statusOf(`${delivery.opsUrl}/liveness`)).toBe(200)
    expect(await delivery.process.exited()).toEqual({ code: 0, signal: null })
  })

  it('cuts what is left at the end of the grace period, names it, and ends with 70', async () => {
    await using delivery = await startDelivery(noCatalog, { SHUTDOWN_GRACE: '1s' })
    const slow = fetch(`${delivery.url}/slow?seconds=60`, { headers: { 'x-request-id': 'too-slow' } })
    slow.catch(() => undefined)
    await until(() => isBusy(delivery), 'the request')
    delivery.process.signal('SIGTERM')

    expect(await delivery.process.exited()).toEqual({ code: 70, signal: null })
    await expect(slow).rejects.toThrow()
    const cut = delivery.lines((line) => line['_request_id'] === 'too-slow' && line['level'] === 3)
    expect(cut).toMatchObject([{ _route: '/slow' }])
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('followed by %s ends at once with %i', async (second, code) => {
    await using delivery = await startDelivery(noCatalog)
    const slow = fetch(`${delivery.url}/slow?seconds=60`)
    slow.catch(() => undefined)
    await until(() => isBusy(delivery), 'the request')
    delivery.process.signal('SIGTERM')
    await delivery.line((line) => line['_phase'] === 'draining', 'the beginning of the drain')

    delivery.process.signal(second)
    expect(await delivery.process.exited()).toEqual({ code, signal: null })
    await expect(slow).rejects.toThrow()
  })
})

describe('SIGINT', () => {
  it('stops an idle service with 0', async () => {
    await using minimal = await startService({ main: 'examples/minimal/src/main.ts' })
    minimal.process.signal('SIGINT')
    expect(await minimal.process.exited()).toEqual({ code: 0, signal: null })
  })
})

async function isBusy({ opsUrl }: ServiceProcess): Promise<boolean> {
  const page = await (await fetch(`${opsUrl}/metrics`)).text()
  return /^http_requests_in_flight 1$/m.test(page)
}
