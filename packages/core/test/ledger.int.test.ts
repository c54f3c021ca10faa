import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess, type TestProcess } from '@keelson/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loudly, makeMemoryCgroup } from './limits-cgroup.ts'

const program = fileURLToPath(new URL('./ledger-service.ts', import.meta.url))

let directory = ''
let stateDir = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keelson-ledger-'))
  stateDir = join(directory, 'state')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

type Fact = Readonly<Record<string, unknown>>

interface LifeOptions {
  readonly death?: string
  readonly env?: Readonly<Record<string, string>>
  readonly nodeOptions?: readonly string[]
  /** What the process is started under: a program and its arguments. */
  readonly under?: readonly string[]
}

function live({ death = 'wait', env = {}, nodeOptions = [], under = [] }: LifeOptions = {}): TestProcess {
  const node = [process.execPath, '--conditions=keelson-source', ...nodeOptions, program]
  const [first = process.execPath, ...rest] = [...under, ...node]
  return startProcess({
    command: [first, ...rest],
    env: { STATE_DIR: stateDir, DEATH: death, ...env },
    // A verdict takes ten windows with a major collection each: those are rare while others have the processor.
    patienceMs: 55_000,
  })
}

async function fact(life: TestProcess, name: string): Promise<Fact> {
  const line = await life.line((text) => text.includes(`"what":"${name}"`), name)
  return JSON.parse(line) as Fact // ledger-service writes nothing but objects
}

/** Starts a second life, and returns what it says of the first. */
async function nextLife(options: LifeOptions = {}): Promise<Fact> {
  await using life = live(options)
  const previous = await fact(life, 'keelson.process.previous-exit')
  await fact(life, 'alive')
  life.signal('SIGTERM')
  await life.exited()
  return previous
}

describe('eight ways of dying', () => {
  it('a clean stop', async () => {
    await using life = live()
    expect((await fact(life, 'keelson.process.previous-exit'))['reason']).toBe('first-start')
    await fact(life, 'alive')
    life.signal('SIGTERM')
    expect(await life.exited()).toEqual({ code: 0, signal: null })
    expect(await nextLife()).toMatchObject({ reason: 'clean', exitCode: 0, evidence: 'Stopped: SIGTERM.' })
  })

  it.each([
    ['uncaught', 'uncaught-error', 'TypeError: nobody expects this'],
    ['rejection', 'unhandled-rejection', 'RangeError: nobody awaits this'],
  ])('an error that nobody catches: %s', async (death, reason, text) => {
    const terminationPath = join(directory, 'termination')
    await using life = live({ death, env: { TERMINATION_PATH: terminationPath } })
    expect(await life.exited()).toEqual({ code: 1, signal: null })
    const previous = await nextLife()
    expect(previous).toMatchObject({ reason, exitCode: 1, vitals: { inFlightCount: 3 } })
    expect(previous['error']).toContain(text)
    expect(previous['error']).toContain('ledger-service.ts')
    const message = readFileSync(terminationPath)
    expect(message.toString()).toContain(text)
    expect(message.length).toBeLessThanOrEqual(4_096)
  })

  it('an abort by the limit of the heap', async () => {
    await using life = live({ death: 'heap', nodeOptions: ['--max-old-space-size=40'] })
    const { code, signal } = await life.exited()
    expect(code === 134 || signal === 'SIGABRT').toBe(true)
    const previous = await nextLife()
    expect(previous).toMatchObject({ reason: 'heap-abort' })
    expect(previous['error']).toContain('heap out of memory')
    const reports = readdirSync(stateDir).filter((name) => name.endsWith('report.json'))
    expect(reports).toHaveLength(1)
    expect(statSync(join(stateDir, reports[0] ?? '')).mode & 0o777).toBe(0o600)
    // The report of two lives ago is not taken for one of the last.
    expect((await nextLife())['reason']).toBe('clean')
  })

  it('SIGKILL out of the blue, which is never called want of memory', async () => {
    await using life = live()
    await fact(life, 'alive')
    life.signal('SIGKILL')
    await life.exited()
    const previous = await nextLife()
    expect(previous).toMatchObject({ reason: 'unknown', vitals: { inFlightCount: 3 } })
    expect(previous['exitCode']).toBeUndefined()
  })

  it('SIGKILL while the main thread is blocked', async () => {
    await using life = live({ death: 'stall' })
    const { recordPath } = await fact(life, 'alive')
    await until(() => existsSync(`${String(recordPath)}.stall`), 'the mark of the stall')
    life.signal('SIGTERM')
    life.signal('SIGKILL')
    await life.exited()
    expect(await nextLife()).toMatchObject({ reason: 'stall-kill' })
    // The mark is of that life only.
    expect((await nextLife())['reason']).toBe('clean')
  })

  it('the end of the grace period', async () => {
    const terminationPath = join(directory, 'termination')
    await using life = live({ death: 'deadline', env: { TERMINATION_PATH: terminationPath } })
    await fact(life, 'alive')
    life.signal('SIGTERM')
    expect(await life.exited()).toEqual({ code: 70, signal: null })
    const previous = await nextLife()
    expect(previous).toMatchObject({ reason: 'deadline', exitCode: 70 })
    expect(previous['evidence']).toContain('a pool that hangs')
    expect(readFileSync(terminationPath, 'utf8')).toContain('a pool that hangs')
  })

  it("SIGKILL at the end of the orchestrator's grace period", async () => {
    await using life = live({ death: 'deadline', env: { GRACE_MS: '60000' } })
    const { recordPath } = await fact(life, 'alive')
    life.signal('SIGTERM')
    await until(() => readFileSync(String(recordPath), 'utf8').includes('"phase":"closing"'), 'the stop')
    life.signal('SIGKILL')
    await life.exited()
    expect(await nextLife()).toMatchObject({ reason: 'deadline' })
  })

  it('a second signal', async () => {
    await using life = live({ death: 'second-signal', env: { GRACE_MS: '60000' } })
    const { recordPath } = await fact(life, 'alive')
    life.signal('SIGTERM')
    await until(() => readFileSync(String(recordPath), 'utf8').includes('"phase":"closing"'), 'the stop')
    life.signal('SIGTERM')
    expect(await life.exited()).toEqual({ code: 143, signal: null })
    expect(await nextLife()).toMatchObject({ reason: 'second-signal', exitCode: 143 })
  })

  it('an end of its own accord, without a stop', async () => {
    await using life = live({ death: 'exit' })
    expect(await life.exited()).toEqual({ code: 3, signal: null })
    expect(await nextLife()).toMatchObject({ reason: 'exit', exitCode: 3 })
  })

  it('a kill by the kernel for want of memory', async ({ skip }) => {
    const cgroup = loudly('the kill by the kernel', () => makeMemoryCgroup(96 * 2 ** 20)) ?? skip()
    try {
      const under = ['sh', '-c', `echo $$ > ${cgroup}/cgroup.procs && exec "$0" "$@"`]
      await using life = live({ death: 'memory', under })
      expect((await fact(life, 'keelson.limits.warning'))['subject']).toBe('heap-fit')
      expect(await life.exited()).toEqual({ code: null, signal: 'SIGKILL' })
      const warned = life.stdout.filter((line) => line.includes('"subject":"container"'))
      expect(warned).toHaveLength(1)
      // In a new container, whose kills are counted from 0, as an orchestrator makes one.
      expect(await nextLife()).toMatchObject({ reason: 'memory-kill' })
    } finally {
      rmdirSync(cgroup)
    }
  })
})

describe('a state directory that is not as it should be', () => {
  it('two processes at once have two records', async () => {
    await using first = live()
    await fact(first, 'alive')
    await using second = live()
    expect(await fact(second, 'keelson.ledger.problem')).toMatchObject({ problem: 'in-use' })
    expect((await fact(second, 'alive'))['recordPath']).not.toBe((await fact(first, 'alive'))['recordPath'])
    first.signal('SIGKILL')
    await first.exited()
    expect(await nextLife()).toMatchObject({ reason: 'unknown' })
  })

  it('ten processes at once never share a record, with the lock of a dead one lying there', async () => {
    mkdirSync(stateDir)
    writeFileSync(join(stateDir, 'life-mortal-pod-1.lock'), JSON.stringify({ pid: 1, startTicks: '0' }))
    const lives = Array.from({ length: 10 }, () => live())
    try {
      const paths = await Promise.all(lives.map(async (life) => (await fact(life, 'alive'))['recordPath']))
      expect(new Set(paths).size).toBe(10)
    } finally {
      await Promise.all(lives.map((life) => life[Symbol.asyncDispose]()))
    }
  })

  it('a record cut off in the middle', async () => {
    mkdirSync(stateDir)
    writeFileSync(join(stateDir, 'life-mortal-pod-1.json'), '{"format":1,"service":"mor')
    await using life = live()
    expect(await fact(life, 'keelson.ledger.problem')).toMatchObject({ problem: 'corrupt' })
    expect(await fact(life, 'keelson.process.previous-exit')).toMatchObject({ reason: 'unknown' })
  })

  const root = process.getuid?.() === 0
  it.skipIf(root)('a directory without the right to write', async () => {
    mkdirSync(stateDir)
    chmodSync(stateDir, 0o500)
    await using life = live()
    expect(await fact(life, 'keelson.ledger.problem')).toMatchObject({ problem: 'unwritable' })
    await fact(life, 'alive')
    chmodSync(stateDir, 0o700)
  })

  it.each([
    ['read-only', 'ro,size=64k'],
    ['full', 'size=8k,nr_inodes=20'],
  ])('a disk that is %s', async (what, mountOptions) => {
    mkdirSync(stateDir)
    const mounted = loudly(`the disk that is ${what}`, () => {
      shell(`mount -t tmpfs -o ${mountOptions} tmpfs ${stateDir}`)
      return true
    })
    if (mounted === undefined) return // said on stderr
    try {
      if (what === 'full') fill(join(stateDir, 'ballast'))
      await using life = live()
      expect(await fact(life, 'keelson.ledger.problem')).toMatchObject({ problem: 'unwritable' })
      await fact(life, 'alive')
      life.signal('SIGTERM')
      expect(await life.exited()).toEqual({ code: 0, signal: null })
      expect(life.stdout.filter((line) => line.includes('ledger.problem'))).toHaveLength(1)
    } finally {
      shell(`umount ${stateDir}`)
    }
  })
})

describe('a process that leaks', () => {
  it('is told before its heap is full', async () => {
    await using leaking = live({ death: 'leak', nodeOptions: ['--max-old-space-size=600'] })
    const verdict = await fact(leaking, 'keelson.leak.verdict')
    const growing = verdict['verdict'] === 'growing' ? verdict : await growth(leaking)
    expect(growing).toMatchObject({ verdict: 'growing' })
    expect(Number(growing['bytesPerMinute'])).toBeGreaterThan(0)
    expect(Number(growing['timeToLimitMs'])).toBeGreaterThan(0)
    // How far it is by then depends on the speed of the machine; the 60 % are held on a compressed clock.
    expect(Number(growing['floorBytes'])).toBeLessThan(Number(growing['limitBytes']))
  })

  it('is told from one that only makes garbage', async () => {
    await using steady = live({ death: 'steady', nodeOptions: ['--max-old-space-size=300'] })
    expect(await fact(steady, 'keelson.leak.verdict')).toMatchObject({ verdict: 'flat' })
  })
})

async function growth(life: TestProcess): Promise<Fact> {
  return JSON.parse(await life.line((line) => line.includes('"verdict":"growing"'), 'growth')) as Fact // as above
}

function shell(command: string): void {
  execFileSync('sh', ['-c', command], { stdio: 'pipe' })
}

function fill(path: string): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(4_096), { flag: 'a' })
  } catch {
    // ENOSPC is what was wanted.
  }
}

/** Bound for hangs, in milliseconds. */
const patienceMs = 30_000

async function until(isTrue: () => boolean, what: string): Promise<void> {
  const end = performance.now() + patienceMs
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${patienceMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
