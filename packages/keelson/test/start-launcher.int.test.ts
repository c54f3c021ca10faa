import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess, type TestProcess } from '@keelson/testing'
import { describe, expect, it } from 'vitest'

const launcher = fileURLToPath(new URL('../src/start-launcher/start.ts', import.meta.url))
const program = fileURLToPath(new URL('./start-launcher-show.ts', import.meta.url))
// Takes `process.execve` away, as on Windows.
const withoutExecve = 'data:text/javascript,delete process.execve'
// A service under watch that dies as told.
const mortal = fileURLToPath(new URL('../../core/test/ledger-service.ts', import.meta.url))
const mebibyte = 1_048_576

interface Start {
  readonly under?: readonly string[]
  readonly launcherOptions?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

function start({ under = [], launcherOptions = [], args = [program], env = {} }: Start = {}): TestProcess {
  const node = [process.execPath, '--conditions=keelson-source', ...launcherOptions, launcher, ...args]
  const [first = process.execPath, ...rest] = [...under, ...node]
  return startProcess({ command: [first, ...rest], env })
}

async function started(life: TestProcess): Promise<Readonly<Record<string, unknown>>> {
  // The program writes nothing but objects.
  return JSON.parse(await life.line((line) => line.includes('"started"'), 'the start')) as Record<
    string,
    unknown
  >
}

describe('keelson-start', () => {
  it('becomes Node without a new process, and signals reach the program', async () => {
    await using life = start({ args: ['--no-deprecation', program, '--set', 'a=b'] })
    expect(await started(life)).toMatchObject({
      pid: life.pid,
      argv: ['--set', 'a=b'],
      execArgv: expect.arrayContaining(['--conditions=keelson-source', '--no-deprecation']) as unknown,
    })
    life.signal('SIGTERM')
    expect(await life.exited()).toEqual({ code: 3, signal: null })
    expect(life.stdout.at(-1)).toBe('{"what":"SIGTERM"}')
    expect(life.stderr).toEqual([])
  })

  it('runs Node as a child where a process cannot be replaced, and passes signals and its end on', async () => {
    await using life = start({ launcherOptions: [`--import=${withoutExecve}`] })
    expect((await started(life))['pid']).not.toBe(life.pid)
    life.signal('SIGTERM')
    expect(await life.exited()).toEqual({ code: 3, signal: null })
    expect(life.stdout.at(-1)).toBe('{"what":"SIGTERM"}')
  })

  it('ends as a shell does when a signal ended the child', async () => {
    await using life = start({ launcherOptions: [`--import=${withoutExecve}`] })
    process.kill(Number((await started(life))['pid']), 'SIGKILL')
    expect(await life.exited()).toEqual({ code: 137, signal: null })
  })

  it('says how it is used when there is nothing to start', async () => {
    await using life = start({ args: [] })
    expect(await life.exited()).toEqual({ code: 64, signal: null })
    expect(life.stderr.join('\n')).toContain('usage: keelson-start')
  })

  it('fits heap and thread pool to the container', async ({ skip }) => {
    const limits = loudly('limits of a container', () => makeLimits(200 * mebibyte, 1.5)) ?? skip()
    try {
      await using life = start({ under: limits.under })
      const { heapLimitBytes, threads } = await started(life)
      // 60 % of 200 MiB, and a young generation of a few MiB.
      expect(Number(heapLimitBytes)).toBeGreaterThanOrEqual(120 * mebibyte)
      expect(Number(heapLimitBytes)).toBeLessThan(160 * mebibyte)
      expect(threads).toBe('8')
      const env = { NODE_OPTIONS: '--max-old-space-size=64', UV_THREADPOOL_SIZE: '5' }
      await using own = start({ under: limits.under, env })
      const kept = await started(own)
      expect(Number(kept['heapLimitBytes'])).toBeLessThan(110 * mebibyte)
      expect(kept['threads']).toBe('5')
      for (const process of [life, own]) {
        process.signal('SIGTERM')
        await process.exited()
      }
    } finally {
      limits.remove()
    }
  })

  it('lets V8 end a leaking service before the kernel does, and the next start says so', async ({ skip }) => {
    const limits = loudly('limits of a container', () => makeLimits(256 * mebibyte, 2)) ?? skip()
    const directory = mkdtempSync(join(tmpdir(), 'keelson-start-'))
    const env = { STATE_DIR: directory, DEATH: 'heap' }
    try {
      await using leaking = start({ under: limits.under, args: [mortal], env })
      expect(await leaking.exited()).toEqual({ code: null, signal: 'SIGABRT' })
      await using next = start({ args: [mortal], env: { ...env, DEATH: 'wait' } })
      const told = await next.line((line) => line.includes('previous-exit'), 'the end of the life before')
      expect(JSON.parse(told)).toMatchObject({ reason: 'heap-abort' })
    } finally {
      limits.remove()
      rmSync(directory, { recursive: true, force: true })
    }
  })

  const namespace = loudly('process 1 of a namespace', () =>
    execFileSync('sh', ['-c', 'unshare --pid --fork --mount-proc true'], { stdio: 'pipe' }),
  )
  it.skipIf(namespace === undefined)('is process 1 itself, and stops at SIGTERM', async () => {
    await using life = start({ under: ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'] })
    expect((await started(life))['pid']).toBe(1)
    // unshare itself only waits; its child is process 1 of the namespace.
    const [child] = execFileSync('ps', ['-o', 'pid=', '--ppid', String(life.pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
    process.kill(Number(child), 'SIGTERM')
    expect(await life.exited()).toEqual({ code: 3, signal: null })
    expect(life.stdout.at(-1)).toBe('{"what":"SIGTERM"}')
  })
})

/** Runs what needs rights that a machine may not give; says on stderr when it does not. */
function loudly<T>(what: string, attempt: () => T): T | undefined {
  try {
    return attempt()
  } catch (error) {
    process.stderr.write(`skipped: ${what}: ${String(error)}\n`)
    return undefined
  }
}

interface Limits {
  /** Starts a program within the limits. */
  readonly under: readonly string[]
  remove(): void
}

/** Control groups of version 1; throws where they cannot be made. */
function makeLimits(memoryBytes: number, quotaCores: number): Limits {
  const folders = ['memory', 'cpu'].map(
    (controller) => `/sys/fs/cgroup/${controller}/keelson-start-test-${process.pid}`,
  )
  const remove = () => {
    for (const folder of folders) if (existsSync(folder)) rmdirSync(folder)
  }
  const [memory = '', cpu = ''] = folders
  try {
    for (const folder of folders) mkdirSync(folder)
    writeFileSync(`${memory}/memory.limit_in_bytes`, String(memoryBytes))
    writeFileSync(`${cpu}/cpu.cfs_quota_us`, String(quotaCores * 100_000))
  } catch (error) {
    remove()
    throw error
  }
  const enter = folders.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join(' && ')
  return { under: ['sh', '-c', `${enter} && exec "$0" "$@"`], remove }
}
