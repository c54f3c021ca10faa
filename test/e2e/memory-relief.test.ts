import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { launchService, startService, until, type ServiceProcess } from './service-process.ts'

const main = 'test/e2e/services/leaking.ts'

function stateFolder(): string {
  const state = mkdtempSync(join(tmpdir(), 'keelson-relief-'))
  onTestFinished(() => rmSync(state, { recursive: true }))
  return state
}

function start(env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  // The heap of a small container, both generations: a leak is near its end after some dozen requests. With the young one
  // of a large machine V8 was seen to give up at 80 % of the old one, before anybody could look.
  const nodeArgs = ['--max-old-space-size=96', '--max-semi-space-size=2']
  return startService({ main, cwd: '.', env, nodeArgs })
}

/**
 * Sends work until something is true, with pauses in which the heart beats: longer ones near the end of the heap, which
 * a quick leak would reach between two looks of the service. A service that is gone takes no more.
 */
async function leakUntil({ url }: ServiceProcess, isTrue: () => boolean): Promise<void> {
  await until(
    async () => {
      if (isTrue()) return true
      const heapMiB = await leak(url)
      await new Promise((resolve) => setTimeout(resolve, heapMiB < 60 ? 200 : 1_000))
      return isTrue()
    },
    'the relief',
    90_000,
  )
}

/** @returns heap in use afterwards in MiB, 0 when the service is gone */
async function leak(url: string): Promise<number> {
  try {
    const answer = await fetch(`${url}/leak`, { method: 'POST' })
    const { heapMiB } = (await answer.json()) as { heapMiB?: number } // what the service of this test answers
    return heapMiB ?? 0
  } catch {
    return 0
  }
}

async function outcomeOf(url: string): Promise<string> {
  try {
    return String((await fetch(url)).status)
  } catch (error) {
    return String(error)
  }
}

it('a leaking service drains and ends with 75 before its heap is full, and the next start knows why', async () => {
  const env = {
    KEELSON_STATE_DIR: stateFolder(),
    POD_NAME: 'leaking-0',
    LIMITS__RESTART_RATIO: '0.5',
    LIMITS__RESTART_AGE: '0s',
  }
  await using life = await start(env)
  const isDraining = () => life.lines((line) => line['_phase'] === 'draining').length > 0
  const slow: Promise<string>[] = []
  let askedAtMs = Number.NEGATIVE_INFINITY
  await leakUntil(life, () => {
    // One that takes two seconds begins each second: one or two are under way when the drain begins.
    if (!isDraining() && performance.now() - askedAtMs > 1_000) {
      askedAtMs = performance.now()
      slow.push(outcomeOf(`${life.url}/slow`))
    }
    return isDraining()
  })
  expect(await life.process.exited()).toEqual({ code: 75, signal: null })
  expect(new Set(await Promise.all(slow))).toEqual(new Set(['200']))
  expect(
    life.lines((line) => String(line['short_message']).includes('in order to be started again')),
  ).toHaveLength(1)

  await using next = await start(env)
  const [told] = next.lines((line) => line['_previous_exit'] !== undefined)
  expect(told).toMatchObject({ _previous_exit: 'restart', _previous_exit_code: 75, level: 4 })
  expect(told?.['short_message']).toContain('of the heap in use')
  const page = await (await fetch(`${next.opsUrl}/metrics`)).text()
  expect(page).toMatch(/keelson_previous_exit_info\{[^}]*reason="restart"[^}]*\} 1/)
})

it('a leaking service writes one heap snapshot at the ratio, and goes on', async () => {
  const state = stateFolder()
  const snapshots = join(state, 'snapshots')
  await using life = await start({
    KEELSON_STATE_DIR: state,
    LIMITS__SNAPSHOT_DIR: snapshots,
    LIMITS__SNAPSHOT_RATIO: '0.3',
    LIMITS__SNAPSHOT_INTERVAL: '0s',
  })
  const file = join(snapshots, 'leaking.heapsnapshot')
  await leakUntil(life, () => existsSync(file))
  expect(statSync(file).size).toBeGreaterThan(10_000_000)
  expect((await fetch(`${life.url}/slow`)).status).toBe(200)
  // Written before the answer, and read on another way than it.
  await life.line((line) => line['_file'] === file, 'the line of the snapshot')
  expect(life.lines((line) => line['_file'] === file)).toMatchObject([{ level: 4 }])
  // The interval asks for more: one in five minutes is all there is, and one file.
  await leakUntil(
    life,
    () => life.lines((line) => String(line['short_message']).includes('Wait 300 s')).length > 0,
  )
  expect(readdirSync(snapshots)).toEqual(['leaking.heapsnapshot'])
})

it('a leaking service warns at 80 % of the heap that it has, which is less than what V8 reports', async () => {
  await using life = await start({})
  const warnings = () => life.lines((line) => String(line['short_message']).startsWith('The heap is'))
  await leakUntil(life, () => warnings().length > 0)
  expect(warnings()).toMatchObject([{ level: 4, short_message: expect.stringContaining('of 96 MiB') }])
})

it('a ratio that cannot be, or a snapshot without a folder, is a fault of the configuration', async () => {
  for (const [env, word] of [
    [{ LIMITS__RESTART_RATIO: '1.5' }, 'restartRatio'],
    [{ LIMITS__SNAPSHOT_RATIO: '0.5' }, 'limits.snapshotDir'],
  ] as const) {
    await using launched = launchService({ main, cwd: '.', env })
    expect(await launched.exited()).toEqual({ code: 78, signal: null })
    expect(launched.stdout.join('\n')).toContain(word)
  }
})
