import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startProcess, type TestProcess } from '@keelson/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { repositoryRoot } from '../../scripts/repository.ts'
import { patienceMs, until, type LogLine } from './service-process.ts'

// In a container the service is process 1: the kernel drops every signal that process has no handler for, and a
// signal that it raises upon itself. `unshare` gives it a namespace of its own here.
const namespace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'] as const
const canUnshare = spawnSync(namespace[0], [...namespace.slice(1), 'true']).status === 0
if (!canUnshare) process.stderr.write('skipped: this user may not make a pid namespace (unshare --pid)\n')

const started: TestProcess[] = []

afterEach(async () => {
  for (const one of started.splice(0)) await one[Symbol.asyncDispose]()
})

describe.skipIf(!canUnshare)('a service as process 1, with a live timer and a pool', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 after %s', async (signal) => {
    const service = await startAsFirst()
    service.send(signal)
    expect(await service.unshare.exited()).toEqual({ code: 0, signal: null })
    expect(service.unshare.stderr).toEqual([])
  })

  it('ends at once after a second signal, whatever it still works on', async () => {
    const service = await startAsFirst({ SHUTDOWN_GRACE: '10m' })
    const stuck = fetch(`${service.url}/stuck`).catch(() => undefined)
    await until(() => isBusy(service.opsUrl), 'the request')
    service.send('SIGTERM')
    await service.unshare.line((text) => parse(text)['_phase'] === 'draining', 'the beginning of the drain')
    // The grace period is longer than the patience of this test: an end is the second signal's.
    service.send('SIGTERM')
    expect(await service.unshare.exited()).toEqual({ code: 143, signal: null })
    await stuck
  })
})

interface FirstProcess {
  readonly unshare: TestProcess
  readonly url: string
  readonly opsUrl: string
  /** Sends a signal to process 1 of the namespace, from outside, as a container runtime does. */
  send(signal: NodeJS.Signals): void
}

async function startAsFirst(env: Readonly<Record<string, string>> = {}): Promise<FirstProcess> {
  const program = join(repositoryRoot, 'test/e2e/services/holding.ts')
  const unshare = startProcess({
    command: [...namespace, process.execPath, '--conditions=keelson-source', program],
    cwd: repositoryRoot,
    env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', ...env },
    patienceMs,
  })
  started.push(unshare)
  const ready = parse(await unshare.line((text) => parse(text)['_ops_port'] !== undefined, 'readiness'))
  const pid = childOf(unshare.pid)
  expect(lastOf(readFileSync(`/proc/${pid}/status`, 'utf8'), 'NSpid')).toBe('1')
  return {
    unshare,
    url: `http://127.0.0.1:${ready['_port']}`,
    opsUrl: `http://127.0.0.1:${ready['_ops_port']}`,
    send: (signal) => process.kill(pid, signal),
  }
}

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())
}

/** Last value of a field of `/proc/<pid>/status`. */
function lastOf(status: string, field: string): string | undefined {
  const line = status.split('\n').find((one) => one.startsWith(`${field}:`))
  return line?.trim().split(/\s+/).at(-1)
}

async function isBusy(opsUrl: string): Promise<boolean> {
  const page = await (await fetch(`${opsUrl}/metrics`)).text()
  return /^http_requests_in_flight 1$/m.test(page)
}

function parse(line: string): LogLine {
  return JSON.parse(line) as LogLine // every line of a service is an object of such values
}
