import { expect, it } from 'vitest'
import { profiles } from '../../packages/resilience/src/index.ts'
import { startLoad } from './load.ts'
import { findFreePort, startCatalog, startDelivery, until, type ServiceProcess } from './service-process.ts'

/** Longest time until the circuit is closed after the catalog is back, in seconds, on a busy machine; the bench holds 5. */
const recoverySeconds = 15

it('delivery goes on without the catalog, opens its breaker, and closes it when the catalog is back', async () => {
  const address = { PORT: String(await findFreePort()), CATALOG__DELAY: '2ms' }
  let catalog = await startCatalog(address)
  await using delivery = await startDelivery(catalog.url)
  const load = startLoad(4, () => `${delivery.url}/videos/1`)
  try {
    await until(() => load.shots.length > 300, 'the load')
    expect(load.shots.every(({ body }) => body.includes('A Trip to the Moon'))).toBe(true)
    expect(await seriesOf(delivery, 'keelson_breaker_state')).toContain(
      '{dependency="catalog",state="closed"} 1',
    )

    catalog.process.signal('SIGKILL')
    const opened = await delivery.line((line) => line['_breaker_to'] === 'open', 'the open circuit')
    // Long enough that calls are refused without an attempt, and probes fail.
    await delivery.line((line) => line['_reason'] === 'KEELSON_RESILIENCE_CIRCUIT_OPEN', 'a refused call')
    await delivery.line((line) => line['_breaker_from'] === 'half-open', 'a failed probe')
    expect(await seriesOf(delivery, 'keelson_breaker_state')).toContain(
      '{dependency="catalog",state="closed"} 0',
    )
    await catalog[Symbol.asyncDispose]()

    catalog = await startCatalog(address)
    const closed = await delivery.line((line) => line['_breaker_to'] === 'closed', 'the closed circuit')
    const [started] = catalog.lines((line) => line['_phase'] === 'started')
    const answeredBefore = load.shots.length
    await until(() => load.shots.length > answeredBefore + 100, 'answers after the outage')
    await load.end()

    // Nobody noticed more than the title: every request was answered, the last hundred of them by the catalog again.
    expect(new Set(load.shots.map(({ status }) => status))).toEqual(new Set([200]))
    const fallbacks = load.shots.filter(({ body }) => body.includes('Title unknown'))
    expect(fallbacks.length).toBeGreaterThan(0)
    expect(load.shots.slice(-80).every(({ body }) => body.includes('A Trip to the Moon'))).toBe(true)

    // From the first failed call on, an answer took no longer than one attempt may. Lines come on another way than answers.
    const durationsOf = () => {
      const without = delivery.lines((line) => line['short_message'] === 'served without the catalog')
      const ids = new Set(without.map((line) => line['_request_id']))
      return delivery
        .lines((line) => line['_duration_ms'] !== undefined && ids.has(line['_request_id'] ?? ''))
        .map((line) => Number(line['_duration_ms']))
    }
    await until(() => durationsOf().length >= fallbacks.length, 'the lines of all answers')
    const durations = durationsOf()
    expect(durations).toHaveLength(fallbacks.length)
    // What takes longer has waited for a busy machine: it is not one of the first, each of which would have waited for a time-out.
    expect(slowCount(durations.slice(0, 20))).toBeLessThan(5)
    expect(slowCount(durations)).toBeLessThan(durations.length / 20)

    // One line for each opening, and the series agree; the first names the calls that it took.
    const openings = delivery.lines((line) => line['_breaker_to'] === 'open')
    expect(await seriesOf(delivery, 'keelson_breaker_changes_total')).toContain(
      `{dependency="catalog",to="open"} ${openings.length}`,
    )
    expect(await seriesOf(delivery, 'keelson_breaker_state')).toContain(
      '{dependency="catalog",state="closed"} 1',
    )
    expect(opened).toMatchObject({ level: 4, _dependency: 'catalog', _breaker_from: 'closed' })
    const seconds = Number(closed['timestamp']) - Number(started?.['timestamp'])
    expect(seconds).toBeLessThan(recoverySeconds)
    process.stdout.write(
      `breaker: open after ${opened['_failure_count']} failed attempts (${opened['_call_count']} in the window), ` +
        `${fallbacks.length} fallbacks, the slowest ${Math.max(...durations)} ms, ` +
        `${openings.length} openings, closed ${seconds.toFixed(2)} s after the catalog was back\n`,
    )
  } finally {
    await load.end()
    await catalog[Symbol.asyncDispose]()
  }
})

/** Those that took the time of an attempt or more. */
function slowCount(durationsMs: readonly number[]): number {
  return durationsMs.filter((ms) => ms >= Number(profiles.internal.attemptTimeoutMs)).length
}

async function seriesOf({ opsUrl }: ServiceProcess, metric: string): Promise<string> {
  const page = await (await fetch(`${opsUrl}/metrics`)).text()
  return page
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`))
    .join('\n')
}
