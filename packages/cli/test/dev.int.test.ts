import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { requireServer, type TestProcess } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { devFolder, isRunning, portsOfRun, startDev, writeService } from './dev-folder.ts'

const etcd = requireServer('etcd')

const isUp = (line: string) => /up after /.test(line)
/** Processes that said who they are; the message of a crash repeats it. */
const pidsIn = (dev: TestProcess): readonly number[] => [
  ...new Set(dev.stdout.flatMap((line) => /own_pid=(\d+)/.exec(line)?.[1] ?? []).map(Number)),
]

const portOf = (dev: TestProcess) => /one +http:\/\/127\.0\.0\.1:(\d+)/.exec(dev.stdout.join('\n'))?.[1]

async function gone(pid: number): Promise<boolean> {
  for (let round = 0; round < 200 && isRunning(pid); round += 1) await wait(50)
  return !isRunning(pid)
}

describe('keelson dev', () => {
  it('runs services on ports of their own, hands targets over, and stops callers first', async () => {
    const root = devFolder({ catalog: {}, delivery: {} })
    await using dev = startDev(root, ['catalog', 'delivery'])
    await dev.line(isUp, 'both services up')
    const port = /catalog +http:\/\/127\.0\.0\.1:(\d+)/.exec(dev.stdout.join('\n'))?.[1]
    const delivery = /delivery +http:\/\/127\.0\.0\.1:(\d+)/.exec(dev.stdout.join('\n'))?.[1]
    expect(delivery).not.toBe(port)
    expect((await fetch(`http://127.0.0.1:${delivery}/`)).status).toBe(200)
    expect(dev.stdout.join('\n')).toContain(`delivery starting catalog=http://127.0.0.1:${port}`)
    dev.signal('SIGINT')
    expect(await dev.exited()).toEqual({ code: 130, signal: null })
    expect(dev.stdout.join('\n')).toContain('catalog stopped (exit code 0)')
    for (const pid of pidsIn(dev)) expect(isRunning(pid)).toBe(false)
  })

  it('gives a service other ports where its own are taken', async () => {
    const root = devFolder({ one: {} })
    const ports = portsOfRun()
    await using first = startDev(root, ['one'], ports)
    await first.line(isUp, 'the first run')
    await using second = startDev(root, ['one'], ports)
    await second.line(isUp, 'the second run')
    expect(portOf(second)).not.toBe(portOf(first))
  })

  it('starts a service again when its sources change, and only then', async () => {
    const root = devFolder({ one: {}, other: {} })
    await using dev = startDev(root, ['one', 'other'])
    await dev.line(isUp, 'both services up')
    const before = /one starting .*own_pid=(\d+)/.exec(dev.stdout.join('\n'))?.[1]
    // Written again as it was, and a file that is no source: nothing has changed.
    writeService(root, 'one', {})
    writeFileSync(join(root, 'one/notes.txt'), 'x')
    await wait(1_000)
    expect(dev.stdout.join('\n')).not.toContain('changed: restarting')
    writeService(root, 'one', { before: "say('second edition')" })
    await dev.line((line) => line.includes('one is up again'), 'the restart')
    expect(dev.stdout.join('\n')).toContain('one/src/main.js changed: restarting one')
    expect(dev.stdout.join('\n')).toContain('second edition')
    expect(pidsIn(dev)).toHaveLength(3)
    expect(isRunning(Number(before))).toBe(false)
    // A file that comes later counts, in a folder that comes later too.
    writeFileSync(join(root, 'one/src/new.js'), 'export const a = 1')
    await dev.line((line) => line.includes('one/src/new.js changed'), 'the new file')
  })

  it('shows the last lines of a service that cannot start, and waits for a change', async () => {
    const root = devFolder({ broken: { before: "throw new Error('no such table')" } })
    await using dev = startDev(root, ['broken'])
    await dev.line((line) => line.includes('broken waits for a change'), 'the crash')
    const text = dev.stdout.join('\n')
    expect(text).toContain('broken ended by itself (exit code 1). Its last lines:')
    expect(text.slice(text.indexOf('Its last lines'))).toContain('Error: no such table')
    await wait(1_500)
    expect(pidsIn(dev)).toHaveLength(1)
    writeService(root, 'broken', {})
    await dev.line(isUp, 'the service, mended')
    dev.signal('SIGTERM')
    expect(await dev.exited()).toEqual({ code: 143, signal: null })
  })

  it('starts a service again that ends after it was ready', async () => {
    const root = devFolder({ mortal: { before: 'setTimeout(() => process.exit(7), 3_000)' } })
    await using dev = startDev(root, ['mortal'])
    await dev.line((line) => line.includes('is started again in 1.00 s'), 'the first crash')
    await dev.line((line) => line.includes('mortal is up again'), 'the next life')
    await dev.line((line) => line.includes('is started again in 2.00 s'), 'the second crash')
  })

  it('waits for requests under way, and ends at once when Ctrl-C is pressed again', async () => {
    const root = devFolder({ slow: { onStop: 'setTimeout(() => process.exit(0), 60_000)' } })
    await using dev = startDev(root, ['slow'])
    await dev.line(isUp, 'the service')
    dev.signal('SIGINT')
    await dev.line((line) => line.includes('slow stopping'), 'the drain')
    await wait(800)
    const [pid = 0] = pidsIn(dev)
    expect(isRunning(pid)).toBe(true)
    dev.signal('SIGINT')
    expect(await dev.exited()).toEqual({ code: 130, signal: null })
    expect(isRunning(pid)).toBe(false)
  })

  it('leaves nothing behind that a service has started', async () => {
    const spawnOne = `
      const { spawn } = await import('node:child_process')
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
      say('helper', { _own_pid: child.pid })`
    const root = devFolder({ parent: { before: spawnOne } })
    await using dev = startDev(root, ['parent'])
    await dev.line(isUp, 'the service')
    const pids = pidsIn(dev)
    expect(pids).toHaveLength(2)
    dev.signal('SIGINT')
    await dev.exited()
    for (const pid of pids) expect(await gone(pid)).toBe(true)
  })

  it.each([
    [['--etcd', 'start', 'nowhere'], {}, 'KEELSON_CLI_USAGE'],
    [['one', 'one'], {}, 'KEELSON_CLI_USAGE'],
    [['one'], { NODE_ENV: 'production' }, 'KEELSON_CLI_DEV_PRODUCTION'],
    [['one'], { APP_ENV: 'production' }, 'KEELSON_CLI_DEV_PRODUCTION'],
  ])('ends with 2 and starts nothing for %j in %j', async (args, env, code) => {
    const root = devFolder({ one: {} })
    await using dev = startDev(root, args, env)
    expect(await dev.exited()).toEqual({ code: 2, signal: null })
    expect(dev.stderr.join('\n')).toContain(code)
    expect(dev.stdout).toEqual([])
  })

  it('ends with 2 when the port of the page is taken, and starts nothing', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await using dev = startDev(devFolder({ one: {} }), ['--page-port', String(port), 'one'])
    expect(await dev.exited()).toEqual({ code: 2, signal: null })
    expect(dev.stderr.join('\n')).toContain(`port ${port}`)
    expect(pidsIn(dev)).toEqual([])
    taken.close()
  })

  it('ends with 3 when there is no etcd to start', async () => {
    const root = devFolder({ one: {} })
    await using dev = startDev(root, ['--etcd', 'start', 'one'], { PATH: root })
    expect(await dev.exited()).toEqual({ code: 3, signal: null })
    expect(dev.stderr.join('\n')).toContain('KEELSON_CLI_ETCD_UNREACHABLE')
  })

  it.skipIf(!etcd.available)('starts an etcd for the services, and ends it with them', async () => {
    const root = devFolder({ one: {} })
    await using dev = startDev(root, ['--etcd', 'start', 'one'])
    await dev.line(isUp, 'the service')
    const endpoint = /etcd at (\S+)/.exec(dev.stdout.join('\n'))?.[1] ?? ''
    expect(dev.stdout.join('\n')).toContain(`etcd=${endpoint}`)
    expect((await fetch(`${endpoint}/health`)).status).toBe(200)
    dev.signal('SIGINT')
    await dev.exited()
    await expect(fetch(`${endpoint}/health`)).rejects.toThrow()
  })
})
