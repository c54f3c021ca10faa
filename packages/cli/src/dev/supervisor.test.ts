import { createFakeClock } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import type { ProcessEnd } from './dev-process.ts'
import { createSupervisor, type ServicePhase } from './supervisor.ts'

/** A process that ends when it is told to. */
function createFakeProcess() {
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>()
  const signals: string[] = []
  return {
    pid: 1,
    ended: promise,
    signals,
    signal: (name: string) => void signals.push(name),
    kill: () => {
      signals.push('kill')
      resolve({ code: null, signal: 'SIGKILL' })
    },
    exit: (code: number) => resolve({ code, signal: null }),
  }
}

function createFixture() {
  const clock = createFakeClock()
  const processes: ReturnType<typeof createFakeProcess>[] = []
  const phases: ServicePhase[] = []
  const crashes: (number | undefined)[] = []
  const supervisor = createSupervisor({
    command: ['node', 'main.ts'],
    cwd: '/',
    env: {},
    graceMs: 25_000,
    clock,
    start() {
      const process = createFakeProcess()
      processes.push(process)
      return process
    },
    events: {
      onRow() {},
      onPhase: (phase) => void phases.push(phase),
      onCrash: (_end, next) => void crashes.push(next?.delayMs),
    },
  })
  return { clock, processes, phases, crashes, supervisor, settle: () => clock.advance(0) }
}

describe('createSupervisor', () => {
  it('starts again only when the one before is gone', async () => {
    const { supervisor, processes, phases, settle } = createFixture()
    supervisor.run()
    supervisor.markReady()
    supervisor.restart()
    await settle()
    expect(processes).toHaveLength(1)
    expect(processes[0]?.signals).toEqual(['SIGTERM'])
    processes[0]?.exit(0)
    await settle()
    expect(processes).toHaveLength(2)
    expect(phases).toEqual(['starting', 'up', 'stopping', 'starting'])
  })

  it('makes one restart of several changes while it stops', async () => {
    const { supervisor, processes, settle } = createFixture()
    supervisor.run()
    for (let change = 0; change < 3; change += 1) supervisor.restart()
    processes[0]?.exit(0)
    await settle()
    expect(processes[0]?.signals).toEqual(['SIGTERM'])
    expect(processes).toHaveLength(2)
  })

  it('asks a second time after the patience of a restart, and ends what still runs', async () => {
    const { supervisor, processes, clock } = createFixture()
    supervisor.run()
    supervisor.restart()
    await clock.advance(4_999)
    expect(processes[0]?.signals).toEqual(['SIGTERM'])
    await clock.advance(1)
    expect(processes[0]?.signals).toEqual(['SIGTERM', 'SIGTERM'])
    await clock.advance(2_000)
    expect(processes[0]?.signals).toEqual(['SIGTERM', 'SIGTERM', 'kill'])
    expect(processes).toHaveLength(2)
    expect(clock.pendingCount).toBe(0)
  })

  it('gives a stop its whole grace', async () => {
    const { supervisor, processes, clock, phases } = createFixture()
    supervisor.run()
    const stopped = supervisor.stop()
    await clock.advance(24_999)
    expect(processes[0]?.signals).toEqual(['SIGTERM'])
    processes[0]?.exit(0)
    await stopped
    await clock.advance(60_000)
    expect(phases.at(-1)).toBe('stopped')
    expect(processes).toHaveLength(1)
    expect(clock.pendingCount).toBe(0)
  })

  it('turns a restart under way into a stop', async () => {
    const { supervisor, processes, phases } = createFixture()
    supervisor.run()
    supervisor.restart()
    const stopped = supervisor.stop()
    processes[0]?.exit(0)
    await stopped
    expect(processes).toHaveLength(1)
    expect(phases.at(-1)).toBe('stopped')
  })

  it('waits for a change when the service ends before it was ready', async () => {
    const { supervisor, processes, phases, crashes, clock } = createFixture()
    supervisor.run()
    processes[0]?.exit(78)
    await clock.advance(600_000)
    expect(phases).toEqual(['starting', 'crashed'])
    expect(crashes).toEqual([undefined])
    expect(supervisor.lastEnd).toEqual({ code: 78, signal: null })
    supervisor.restart()
    expect(processes).toHaveLength(2)
  })

  it('starts a service again that ended after it was ready, later each time', async () => {
    const { supervisor, processes, crashes, clock, settle } = createFixture()
    supervisor.run()
    for (const delayMs of [1_000, 2_000]) {
      supervisor.markReady()
      processes.at(-1)?.exit(1)
      await settle()
      expect(supervisor.phase).toBe('waiting')
      const count = processes.length
      await clock.advance(delayMs - 1)
      expect(processes).toHaveLength(count)
      await clock.advance(1)
      expect(processes).toHaveLength(count + 1)
    }
    expect(crashes).toEqual([1_000, 2_000])
  })

  it('does not start while it waits when somebody stops it', async () => {
    const { supervisor, processes, clock, settle } = createFixture()
    supervisor.run()
    supervisor.markReady()
    processes[0]?.exit(1)
    await settle()
    await supervisor.stop()
    await clock.advance(600_000)
    expect(processes).toHaveLength(1)
    expect(supervisor.phase).toBe('stopped')
    expect(clock.pendingCount).toBe(0)
  })

  it('is ready only while it starts', async () => {
    const { supervisor, processes, phases, settle } = createFixture()
    supervisor.run()
    void supervisor.stop()
    supervisor.markReady()
    processes[0]?.exit(0)
    await settle()
    supervisor.markReady()
    expect(phases).toEqual(['starting', 'stopping', 'stopped'])
  })

  it('ends at once and stays so', async () => {
    const { supervisor, processes, settle } = createFixture()
    supervisor.run()
    supervisor.kill()
    await settle()
    expect(processes[0]?.signals).toEqual(['kill'])
    expect(supervisor.phase).toBe('stopped')
    expect(processes).toHaveLength(1)
  })
})
