import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type ServiceProcess, startService, statusOf } from './service-process.ts'

/** What the service of these tests can do, by its own clock; a busy machine lets it do less. */
const capacityPerSecond = 200
const callerPatienceMs = 1_000

const opened: ServiceProcess[] = []

afterEach(async () => {
  for (const service of opened.splice(0)) await service[Symbol.asyncDispose]()
})

async function start(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  const service = await startService({ main: 'test/e2e/services/overloaded.ts', env })
  opened.push(service)
  return service
}

interface Answer {
  readonly criticality: string
  readonly atMs: number
  readonly durationMs: number
  /** 0 when none came within the caller's patience. */
  readonly status: number
  readonly shed: string | undefined
}

/** Requests at a steady rate, whatever becomes of them; three of ten are critical, three sheddable. */
async function load(
  url: string,
  ratePerSecond: number,
  durationMs: number,
  keepAlive = true,
): Promise<readonly Answer[]> {
  const agent = new Agent({ keepAlive })
  const startedAtMs = performance.now()
  const sent: Promise<Answer>[] = []
  for (let index = 0; index < (ratePerSecond * durationMs) / 1_000; index++) {
    const waitMs = startedAtMs + (index * 1_000) / ratePerSecond - performance.now()
    if (waitMs > 1) await wait(waitMs)
    const criticality = index % 10 < 3 ? 'critical' : index % 10 < 6 ? 'sheddable' : 'default'
    sent.push(ask(agent, url, criticality, startedAtMs))
  }
  const answers = await Promise.all(sent)
  agent.destroy()
  return answers
}

function ask(agent: Agent, url: string, criticality: string, startedAtMs: number): Promise<Answer> {
  const sentAtMs = performance.now()
  return new Promise((resolve) => {
    const end = (status: number, shed?: string) => {
      clearTimeout(patience)
      const durationMs = performance.now() - sentAtMs
      resolve({ criticality, atMs: sentAtMs - startedAtMs, durationMs, status, shed })
    }
    const asking = request(url, { agent, headers: { 'x-criticality': criticality } }, (response) => {
      response.resume()
      // A header that is doubled would be a list.
      response.once('end', () => end(response.statusCode ?? 0, response.headers['x-shed'] as string))
    })
    const patience = setTimeout(() => {
      end(0)
      asking.destroy()
    }, callerPatienceMs)
    asking.on('error', () => end(0))
    asking.end()
  })
}

function successOf(answers: readonly Answer[], criticality?: string): number {
  const own = answers.filter((answer) => criticality === undefined || answer.criticality === criticality)
  return own.filter(({ status }) => status === 200).length / own.length
}

describe.each(['/cpu', '/pool'])('three times what %s can do', (path) => {
  it('serves what is critical, refuses the rest at once, and is well as soon as it is over', async () => {
    const service = await start()
    const probes: number[] = []
    const probing = setInterval(
      () => void statusOf(`${service.opsUrl}/readiness`).then((s) => probes.push(s)),
      200,
    )
    await load(service.url + path, capacityPerSecond / 4, 1_000)
    const answers = await load(service.url + path, capacityPerSecond * 3, 4_000)
    const after = await load(service.url + path, capacityPerSecond / 2, 4_000)
    clearInterval(probing)

    // They are nine tenths of the capacity of a machine that has nothing else to do.
    expect(successOf(answers, 'critical')).toBeGreaterThan(0.6)
    expect(successOf(answers, 'critical')).toBeGreaterThan(2 * successOf(answers, 'sheddable'))
    const refused = answers.filter(({ status }) => status === 503)
    expect(refused.length).toBeGreaterThan(answers.length / 4)
    expect(new Set(refused.map(({ shed }) => shed))).toContain(path === '/cpu' ? 'backlog' : 'limit')
    const left = answers.filter(({ status }) => status === 0)
    expect(left.length).toBeLessThan(answers.length / 4)
    expect(successOf(after.filter(({ atMs }) => atMs > 2_000))).toBeGreaterThan(0.9)
    expect(probes.length).toBeGreaterThan(0)
    expect(new Set(probes)).toEqual(new Set([200]))

    const page = await (await fetch(`${service.opsUrl}/metrics`)).text()
    const shed = /keelson_admission_shed_total\{reason="(?:backlog|limit)",criticality="sheddable"\} (\d+)/g
    const shedCount = [...page.matchAll(shed)].reduce((sum, [, count]) => sum + Number(count), 0)
    expect(shedCount).toBeGreaterThan(0)
  })
})

describe('three times what can be done, a connection for each request', () => {
  it('leaves nobody unanswered, and is well as soon as it is over', async () => {
    const service = await start()
    await load(`${service.url}/cpu`, capacityPerSecond / 4, 1_000, false)
    const answers = await load(`${service.url}/cpu`, capacityPerSecond * 3, 4_000, false)
    const after = await load(`${service.url}/cpu`, capacityPerSecond / 2, 4_000, false)

    // Where the kernel's queue decides, nine of ten find no answer, the critical ones among them, and it goes on after the overload.
    expect(successOf(answers, 'critical')).toBeGreaterThan(0.6)
    expect(answers.filter(({ status }) => status === 0).length).toBeLessThan(answers.length / 4)
    expect(successOf(after.filter(({ atMs }) => atMs > 2_000))).toBeGreaterThan(0.9)
  })
})

describe('without a bound', () => {
  it('the same load leaves no critical request its share', async () => {
    const service = await start({ ADMISSION__BACKLOG: '0' })
    await load(`${service.url}/pool`, capacityPerSecond / 4, 1_000)
    const answers = await load(`${service.url}/pool`, capacityPerSecond * 3, 4_000)
    expect(successOf(answers, 'critical')).toBeLessThan(0.6)
    expect(answers.filter(({ status }) => status === 503)).toEqual([])
  })
})
