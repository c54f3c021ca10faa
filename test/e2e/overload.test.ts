import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { type ServiceProcess, startService, statusOf } from './service-process.ts'

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

/**
 * What the service can do on this machine at this time, in answers a second: 200 by its own clock, less than half of it where
 * the machine has other work. Everything else is in shares of it.
 */
async function capacityOf(url: string, keepAlive: boolean): Promise<number> {
  const agent = new Agent({ keepAlive })
  const round = async () => {
    const startedAtMs = performance.now()
    let count = 0
    const caller = async () => {
      while (performance.now() - startedAtMs < 1_000) {
        const { status } = await ask(agent, url, 'default', startedAtMs)
        if (status === 200) count += 1
      }
    }
    // It never waits for a caller, and no caller for long.
    await Promise.all(Array.from({ length: 4 }, caller))
    return (count * 1_000) / (performance.now() - startedAtMs)
  }
  // The first is of code that is not compiled yet.
  const perSecond = Math.max(await round(), await round())
  agent.destroy()
  return perSecond
}

/** A service that is asked for three times what it can do, then for half of it. */
async function overload(url: string, keepAlive = true) {
  const perSecond = await capacityOf(url, keepAlive)
  const answers = await load(url, perSecond * 3, 4_000, keepAlive)
  const after = await load(url, perSecond / 2, 4_000, keepAlive)
  const servedCount = answers.filter(({ status }) => status === 200).length
  const criticalCount = answers.filter(({ criticality }) => criticality === 'critical').length
  const figures = {
    /** What it did, as a share of what it could do before. */
    goodput: servedCount / (perSecond * 4),
    /** Critical requests that were served, as a share of all that there were, or of all that was served where that was less. */
    critical: (successOf(answers, 'critical') * criticalCount) / Math.min(criticalCount, servedCount),
    unanswered: answers.filter(({ status }) => status === 0).length / answers.length,
    /** From two seconds after the overload on; none of it where there is no bound. */
    recovered: successOf(after.filter(({ atMs }) => atMs > 2_000)),
  }
  process.stdout.write(
    `overload of ${Math.round(perSecond)}/s: ${Object.entries(figures)
      .map(([name, share]) => `${name} ${(share * 100).toFixed(0)} %`)
      .join(', ')}\n`,
  )
  return { answers, ...figures }
}

describe.each(['/cpu', '/pool'])('three times what %s can do', (path) => {
  it('serves what is critical, refuses the rest at once, and is well as soon as it is over', async () => {
    const service = await start()
    const probes: number[] = []
    const probing = setInterval(
      () => void statusOf(`${service.opsUrl}/readiness`).then((s) => probes.push(s)),
      200,
    )
    onTestFinished(() => clearInterval(probing))
    const { answers, critical, unanswered, recovered } = await overload(service.url + path)
    clearInterval(probing)

    expect(critical).toBeGreaterThan(0.55)
    expect(successOf(answers, 'critical')).toBeGreaterThan(2 * successOf(answers, 'sheddable'))
    const refused = answers.filter(({ status }) => status === 503)
    expect(refused.length).toBeGreaterThan(answers.length / 4)
    expect(new Set(refused.map(({ shed }) => shed))).toContain(path === '/cpu' ? 'backlog' : 'limit')
    expect(unanswered).toBeLessThan(0.25)
    expect(recovered).toBeGreaterThan(0.7)
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
    const { critical, unanswered, recovered } = await overload(`${service.url}/cpu`, false)
    // Where the kernel's queue decides, nine of ten find no answer, the critical ones among them, and it goes on after the overload.
    expect(critical).toBeGreaterThan(0.55)
    expect(unanswered).toBeLessThan(0.25)
    expect(recovered).toBeGreaterThan(0.7)
  })
})

describe('without a bound', () => {
  it('the same load leaves no critical request its share', async () => {
    const service = await start({ ADMISSION__BACKLOG: '0' })
    const { answers, critical } = await overload(`${service.url}/pool`)
    expect(critical).toBeLessThan(0.5)
    expect(answers.filter(({ status }) => status === 503)).toEqual([])
  })
})
