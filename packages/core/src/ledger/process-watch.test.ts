import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import v8 from 'node:v8'
import { createFakeClock } from '@keelson/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { channel, type ChannelName, subscribe } from '../channels/index.ts'
import { oldSpaceLimitBytes } from '../limits/index.ts'
import { createProcessWatch, type ProcessWatch, type ProcessWatchOptions } from './process-watch.ts'
import { markStall } from './stall-mark.ts'

const mebibyte = 1_048_576
const clean = { reason: 'SIGTERM', exitCode: 0, cut: [], failures: [] }
let directory = ''
let facts: Record<string, unknown>[] = []
let watches: ProcessWatch[] = []
let ends: (() => void)[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keelson-watch-'))
  facts = []
  watches = []
  const names: ChannelName[] = [
    'keelson.process.previous-exit',
    'keelson.limits.sampled',
    'keelson.limits.warning',
    'keelson.ledger.problem',
  ]
  ends = names.map((name) => subscribe(name, (fact) => facts.push({ channel: name, ...fact })))
})

afterEach(() => {
  vi.unstubAllEnvs()
  for (const watch of watches) watch.close(clean)
  for (const end of ends) end()
  // A heartbeat's write may still be under way.
  rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 2 })
})

function start(options: Partial<ProcessWatchOptions> = {}) {
  const clock = createFakeClock()
  const watch = createProcessWatch({
    service: 'watched',
    pod: 'pod-1',
    stateDir: directory,
    clock,
    limits: { read: () => undefined },
    ...options,
  })
  watches.push(watch)
  return { clock, watch }
}

function listenerCount(): number {
  return process.listenerCount('exit') + process.listenerCount('uncaughtExceptionMonitor')
}

function of(name: ChannelName) {
  return facts.filter((fact) => fact['channel'] === name)
}

/** A container of version 2 with so much memory, and so much of it in use. */
function container(limitBytes: number, usedBytes: number): NonNullable<ProcessWatchOptions['limits']> {
  const files: Readonly<Record<string, string>> = {
    '/proc/self/mountinfo': '30 25 0:26 / /c rw - cgroup2 cgroup rw',
    '/proc/self/cgroup': '0::/',
    '/c/memory.max': String(limitBytes),
    '/c/memory.current': String(usedBytes),
    '/c/memory.stat': 'inactive_file 0',
    '/c/memory.events': 'oom_kill 0',
  }
  return { read: (path) => files[path], machineMemoryBytes: Number.MAX_SAFE_INTEGER }
}

/** The record after the write behind the main thread's back. */
async function recordAfterBeat(watch: ProcessWatch, fits: (record: Record<string, unknown>) => boolean) {
  for (;;) {
    const record = JSON.parse(readFileSync(watch.recordPath ?? '', 'utf8')) as Record<string, unknown> // our own
    if (fits(record)) return record
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('createProcessWatch', () => {
  it('tells how the life before ended, and counts restarts of the last hour', () => {
    const first = start()
    expect(first.watch.previousExit).toMatchObject({ reason: 'first-start', restartsLastHourCount: 0 })
    first.watch.close(clean)
    const second = start()
    expect(second.watch.previousExit).toMatchObject({
      reason: 'clean',
      evidence: 'Stopped: SIGTERM.',
      exitCode: 0,
      restartsLastHourCount: 1,
    })
    expect(of('keelson.process.previous-exit').map((fact) => fact['reason'])).toEqual([
      'first-start',
      'clean',
    ])
  })

  it('forgets restarts after an hour, while it runs', async () => {
    start().watch.close(clean)
    const { clock } = start({ heartbeatMs: 60_000 })
    await clock.advance(3_500_000)
    expect(of('keelson.limits.sampled').at(-1)).toMatchObject({ restartsLastHourCount: 1 })
    await clock.advance(400_000)
    expect(of('keelson.limits.sampled').at(-1)).toMatchObject({ restartsLastHourCount: 0 })
  })

  it('names what a deadline cut, in the record and to the orchestrator', () => {
    const terminationMessagePath = join(directory, 'termination')
    const failures = [{ name: 'the pool', error: new Error('slow') }]
    start({ terminationMessagePath }).watch.close({ ...clean, exitCode: 70, failures })
    expect(start().watch.previousExit).toMatchObject({
      reason: 'deadline',
      exitCode: 70,
      evidence: 'Stopped: SIGTERM, closing the pool failed.',
    })
    expect(readFileSync(terminationMessagePath, 'utf8')).toContain('closing the pool failed')
  })

  it('writes the vital signs at every heartbeat', async () => {
    const { clock, watch } = start({
      inFlightCount: () => 4,
      lastProbeAtMs: () => 77,
      limits: container(9_000 * mebibyte, 1),
    })
    channel('keelson.lifecycle.changed').publish({ service: 'watched', phase: 'started' })
    await clock.advance(1_000)
    const record = await recordAfterBeat(watch, ({ phase }) => phase === 'started')
    expect(record['vitals']).toMatchObject({
      inFlightCount: 4,
      lastProbeAtMs: 77,
      loopDelayMs: 0,
      containerLimitBytes: 9_000 * mebibyte,
      oldSpaceUsedBytes: expect.any(Number),
      oldSpaceLimitBytes: oldSpaceLimitBytes(v8.getHeapStatistics().heap_size_limit),
    })
  })

  it('beats faster while the memory of the container is short', async () => {
    let beats = 0
    const inFlightCount = () => ++beats
    const { clock } = start({ inFlightCount, limits: container(9_000 * mebibyte, 7_000 * mebibyte) })
    await clock.advance(1_000)
    expect(beats).toBe(5)
  })

  it('survives callbacks that throw', async () => {
    let calls = 0
    const { clock } = start({
      inFlightCount: () => {
        calls++
        throw new Error('not now')
      },
    })
    await clock.advance(3_000)
    expect(calls).toBe(4)
  })

  it('warns once when the heap does not fit the container, with the flag to set', () => {
    start({ limits: container(64 * mebibyte, mebibyte) })
    expect(of('keelson.limits.warning')).toMatchObject([{ subject: 'heap-fit', limitBytes: 64 * mebibyte }])
    expect(of('keelson.limits.warning')[0]?.['message']).toContain('--max-old-space-size=38')
  })

  it('names the young generation where the old one was fitted already', () => {
    vi.stubEnv('NODE_OPTIONS', '--max-old-space-size=38')
    start({ limits: container(64 * mebibyte, mebibyte) })
    expect(of('keelson.limits.warning')[0]?.['message']).toContain('--max-semi-space-size=4.')
  })

  it('says once at 80 % of the container that it is nearly full', async () => {
    const { clock } = start({ limits: container(9_000 * mebibyte, 8_000 * mebibyte) })
    await clock.advance(20_000)
    expect(of('keelson.limits.warning')).toMatchObject([{ subject: 'container' }])
  })

  it.each(['garbage', '', '{"format":1}', 'x'.repeat(70_000)])(
    'survives a record that cannot be read, and does not guess (%#)',
    (text) => {
      const { watch } = start()
      watch.close(clean)
      writeFileSync(watch.recordPath ?? '', text)
      expect(start().watch.previousExit).toMatchObject({ reason: 'unknown', restartsLastHourCount: 1 })
      expect(of('keelson.ledger.problem')).toMatchObject([{ problem: 'corrupt', path: watch.recordPath }])
      expect(start().watch.previousExit?.reason).not.toBe('corrupt')
    },
  )

  it('gives a second process of the directory a record of its own', () => {
    const [first, second] = [start().watch, start().watch]
    expect(second.recordPath).not.toBe(first.recordPath)
    expect(of('keelson.ledger.problem')).toMatchObject([{ problem: 'in-use' }])
  })

  it('keeps the records of services and pods apart, whatever they are called', () => {
    const names = [{}, { service: 'other' }, { pod: '../../etc/passwd' }]
    const paths = names.map((name) => start(name).watch.recordPath)
    expect(new Set(paths).size).toBe(3)
    expect(paths.every((path) => path?.startsWith(`${directory}/life-`))).toBe(true)
  })

  it('goes on where the directory cannot be made', () => {
    writeFileSync(join(directory, 'file'), '')
    const { watch } = start({ stateDir: join(directory, 'file', 'state') })
    expect(watch.previousExit).toBeUndefined()
    expect(of('keelson.ledger.problem')).toMatchObject([
      { problem: 'unwritable', error: { code: 'ENOTDIR' } },
    ])
  })

  it('makes a missing directory', () => {
    expect(start({ stateDir: join(directory, 'a', 'b') }).watch.previousExit?.reason).toBe('first-start')
  })

  it('tells a write that fails once, not at every heartbeat', async () => {
    const { clock, watch } = start()
    rmSync(directory, { recursive: true })
    // Writes are behind this thread's back: the first failure is waited for, then a few more are given their chance.
    await clock.advance(1_000)
    await expect.poll(() => of('keelson.ledger.problem').length).toBe(1)
    for (let beat = 0; beat < 4; beat++) {
      await clock.advance(1_000)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(of('keelson.ledger.problem')).toMatchObject([{ problem: 'unwritable', path: watch.recordPath }])
  })

  it('asks for a state directory in Kubernetes only', () => {
    const clock = createFakeClock()
    const common = { service: 'watched', clock, limits: { read: () => undefined } }
    watches.push(createProcessWatch(common))
    expect(of('keelson.ledger.problem')).toEqual([])
    watches.push(createProcessWatch({ ...common, inKubernetes: true }))
    expect(of('keelson.ledger.problem')).toMatchObject([{ problem: 'no-directory' }])
    expect(of('keelson.ledger.problem')[0]?.['message']).toContain('KEELSON_STATE_DIR')
  })

  it('says that a termination message could not be written', () => {
    const terminationMessagePath = join(directory, 'no', 'termination')
    start({ terminationMessagePath }).watch.close({ ...clean, exitCode: 70 })
    expect(of('keelson.ledger.problem')).toMatchObject([{ problem: 'termination-message' }])
  })

  it('writes down the error that kept a service from starting', () => {
    const failed = { ...clean, reason: 'the service could not be created', exitCode: 78 }
    start().watch.close(failed, new TypeError('no such table'))
    const { watch } = start()
    expect(watch.previousExit).toMatchObject({ reason: 'uncaught-error', exitCode: 78 })
    expect(watch.previousExit?.error).toContain('TypeError: no such table')
  })

  it('takes the end back when somebody else caught the error and the service goes on', async () => {
    const terminationMessagePath = join(directory, 'termination')
    const { clock, watch } = start({ terminationMessagePath })
    channel('keelson.lifecycle.changed').publish({ service: 'watched', phase: 'started' })
    // What Node does with an error that nobody catches, without the error.
    process.listeners('uncaughtExceptionMonitor').at(-1)?.(new Error('swallowed'), 'uncaughtException')
    expect(readFileSync(watch.recordPath ?? '', 'utf8')).toContain('swallowed')
    expect(readFileSync(terminationMessagePath, 'utf8')).toContain('swallowed')
    await clock.advance(1_000)
    expect(readFileSync(watch.recordPath ?? '', 'utf8')).not.toContain('swallowed')
    expect(readFileSync(terminationMessagePath, 'utf8')).toBe('')
  })

  it('keeps the error that ends the service through its stop', async () => {
    const { clock, watch } = start()
    channel('keelson.lifecycle.changed').publish({ service: 'watched', phase: 'started' })
    process.listeners('uncaughtExceptionMonitor').at(-1)?.(new Error('the end'), 'unhandledRejection')
    channel('keelson.lifecycle.changed').publish({ service: 'watched', phase: 'draining' })
    await clock.advance(5_000)
    watch.close({ ...clean, exitCode: 1 })
    expect(start().watch.previousExit).toMatchObject({ reason: 'unhandled-rejection', exitCode: 1 })
  })

  it('takes no fact of another service of the process for its own', async () => {
    const { clock, watch } = start()
    channel('keelson.lifecycle.changed').publish({ service: 'another', phase: 'closing' })
    await clock.advance(1_000)
    await recordAfterBeat(watch, ({ phase, vitals }) => phase === 'starting' && vitals !== undefined)
  })

  it('removes what nobody has written for a month, and nothing else', () => {
    const names = [
      'life-old-pod.json',
      'life-old-pod.lock',
      'life-old-pod.report.json',
      'snapshot.json',
      'life-running-pod.lock',
      'life-running-pod.json',
    ]
    for (const name of names) writeFileSync(join(directory, name), '')
    // The fake clock starts with the year 2026.
    const month = Date.UTC(2026, 0, 1) / 1_000 - 31 * 86_400
    for (const name of names.slice(0, 5)) utimesSync(join(directory, name), month, month)
    start()
    const left = readdirSync(directory)
    expect(left).toEqual(
      expect.arrayContaining(['snapshot.json', 'life-running-pod.lock', 'life-running-pod.json']),
    )
    expect(left.filter((name) => name.startsWith('life-old'))).toEqual([])
  })

  it('gives its place back once only: it may be somebody else’s by then', () => {
    const { watch } = start()
    watch.close(clean)
    start()
    watch.close(clean)
    start()
    expect(of('keelson.ledger.problem')).toMatchObject([{ problem: 'in-use' }])
  })

  it('remembers a hundred restarts and no more', () => {
    const { clock, watch } = start()
    watch.close(clean)
    const path = watch.recordPath ?? ''
    const record = JSON.parse(readFileSync(path, 'utf8')) as object // our own
    const restartsAtMs = Array.from({ length: 150 }, () => clock.now())
    writeFileSync(path, JSON.stringify({ ...record, restartsAtMs }))
    expect(start().watch.previousExit?.restartsLastHourCount).toBe(100)
  })

  it('removes the mark of a stall of the life before', () => {
    const { watch } = start()
    watch.close(clean)
    const path = watch.recordPath ?? ''
    markStall(path, { pid: process.pid, sinceMs: 1, seenAtMs: 2 })
    expect(existsSync(`${path}.stall`)).toBe(true)
    start()
    expect(existsSync(`${path}.stall`)).toBe(false)
  })

  it('leaves no timer and no listener behind', () => {
    const before = listenerCount()
    const { clock, watch } = start()
    expect(listenerCount()).toBe(before + 2)
    watch.close(clean)
    watch.close(clean)
    expect(listenerCount()).toBe(before)
    expect(clock.pendingCount).toBe(0)
  })

  it('refuses options that are wrong', () => {
    expect(() => start({ heartbeatMs: 1 })).toThrow(
      expect.objectContaining({ code: 'KEELSON_LIFECYCLE_OPTIONS_INVALID' }),
    )
  })
})
