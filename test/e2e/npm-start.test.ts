import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { checkGelfLine, startProcess, type TestProcess } from '@keelson/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { repositoryRoot } from '../../scripts/repository.ts'
import { commandEnvironment } from '../../scripts/run-command.ts'
import { findFreePort, patientCalls, statusOf, until } from './service-process.ts'

const variables = ['DELIVERY_PORT', 'DELIVERY_OPS_PORT', 'CATALOG_PORT', 'CATALOG_OPS_PORT'] as const
type Ports = Readonly<Record<(typeof variables)[number], string>>

/** macOS has a \`script\` too, with other options. */
const hasTerminal = process.platform === 'linux' && existsSync('/usr/bin/script')

/** The last line of what is printed when everything runs. */
const lastHint = "curl 'http://127.0.0.1:"

// The first start builds whatever changed since the last build.
const buildPatienceMs = 180_000

describe('npm start', () => {
  it('builds, starts both services, says where they are, serves, and stops both on SIGTERM', async () => {
    const ports = await freePorts()
    await using start = run(['npm', 'start'], { ...ports, ...patientCalls })
    await start.line((line) => line.trim().startsWith(lastHint), 'the hints')
    const printed = start.stdout.join('\n')
    for (const [service, port, ops] of [
      ['delivery', ports.DELIVERY_PORT, ports.DELIVERY_OPS_PORT],
      ['catalog', ports.CATALOG_PORT, ports.CATALOG_OPS_PORT],
    ]) {
      const paths = ['liveness', 'readiness', 'metrics'].map((path) => `http://127.0.0.1:${ops}/${path}`)
      expect(printed).toMatch(new RegExp(`^${service} +http://127.0.0.1:${port} +${paths.join(' +')}$`, 'm'))
    }
    expect(printed).not.toContain('\u001b')

    const answer = await fetch(`http://127.0.0.1:${ports.DELIVERY_PORT}/videos/1`)
    expect(await answer.json()).toMatchObject({ title: 'A Trip to the Moon' })

    start.signal('SIGTERM')
    expect(await start.exited()).toEqual({ code: 0, signal: null })
    expect(start.stdout).toContain('delivery stopped (0)')
    expect(start.stdout.at(-1)).toBe('catalog stopped (0)')
    const logLines = start.stdout.filter((line) => line.startsWith('{'))
    expect(logLines.length).toBeGreaterThan(8)
    expect(logLines.flatMap(checkGelfLine)).toEqual([])
    for (const variable of variables) expect(await statusOf(`http://127.0.0.1:${ports[variable]}/`)).toBe(0)
  })

  it.skipIf(!hasTerminal)(
    'takes one Ctrl-C on a terminal for one, drains both, and ends with 0',
    async () => {
      const ports = await freePorts()
      const terminal = openTerminal('exec npm start', ports)
      await terminal.prints(lastHint)
      terminal.type('\u0003')
      expect(await terminal.exitCode).toBe(0)
      expect(terminal.output).toContain('delivery stopped (0)')
      expect(terminal.output).toContain('catalog stopped (0)')
      // For people: colours, and lines that are no JSON.
      expect(terminal.output).toContain('\u001b[1mservice')
      expect(terminal.output).not.toContain('{"version":"1.1"')
    },
  )

  it.skipIf(!hasTerminal)('shows no colours on a terminal with NO_COLOR', async () => {
    const terminal = openTerminal('exec node scripts/start.ts', { ...(await freePorts()), NO_COLOR: '1' })
    await terminal.prints(lastHint)
    terminal.type('\u0003')
    expect(await terminal.exitCode).toBe(0)
    expect(terminal.output).not.toContain('\u001b')
  })
})

describe('scripts/start.ts', () => {
  it('ends at once on a second signal', async () => {
    const ports = await freePorts()
    await using start = run(['node', 'scripts/start.ts'], ports)
    await start.line((line) => line.trim().startsWith(lastHint), 'the hints')
    const slow = fetch(`http://127.0.0.1:${ports.DELIVERY_PORT}/slow?seconds=60`)
    slow.catch(() => undefined)
    await until(async () => (await inFlight(ports)) === 1, 'the request')

    start.signal('SIGTERM')
    await start.line((line) => line.startsWith('Stopping'), 'the stop')
    const ended = start.exited()
    ended.catch(() => undefined)
    // Signals close to the first count as one with it, so it is sent until it is heard.
    const timer = setInterval(() => start.signal('SIGTERM'), 100)
    onTestFinished(() => clearInterval(timer))
    expect(await ended).toEqual({ code: 143, signal: null })
    await expect(slow).rejects.toThrow()
    for (const variable of variables) expect(await statusOf(`http://127.0.0.1:${ports[variable]}/`)).toBe(0)
  })

  it('takes a signal that follows at once, as Ctrl-C through npm does, for the same', async () => {
    const ports = await freePorts()
    await using start = run(['node', 'scripts/start.ts'], ports)
    await start.line((line) => line.trim().startsWith(lastHint), 'the hints')
    const slow = fetch(`http://127.0.0.1:${ports.DELIVERY_PORT}/slow?seconds=4`)
    slow.catch(() => undefined)
    await until(async () => (await inFlight(ports)) === 1, 'the request')

    start.signal('SIGINT')
    await start.line((line) => line.startsWith('Stopping'), 'the stop')
    start.signal('SIGINT')
    expect((await slow).status).toBe(200)
    expect(await start.exited()).toEqual({ code: 0, signal: null })
  })

  it('names a port in use and its variable, ends with 69, and leaves nothing running', async () => {
    const ports = await freePorts()
    const blocker = createServer()
    onTestFinished(() => void blocker.close())
    await new Promise<void>((resolve) => blocker.listen(Number(ports.DELIVERY_PORT), '127.0.0.1', resolve))
    await using start = run(['node', 'scripts/start.ts'], ports)
    expect(await start.exited()).toEqual({ code: 69, signal: null })
    expect(start.stderr.join('\n')).toContain(`Port ${ports.DELIVERY_PORT} `)
    expect(start.stderr.join('\n')).toContain('set DELIVERY_PORT to')
    expect(start.stderr.join('\n')).not.toMatch(/^\s+at /m)
    expect(await statusOf(`http://127.0.0.1:${ports.CATALOG_PORT}/`)).toBe(0)
  })

  it.each([
    [{ CATALOG_PORT: 'eighty' }, 'CATALOG_PORT is "eighty"'],
    [
      { CATALOG_PORT: '21000', DELIVERY_OPS_PORT: '21000' },
      'CATALOG_PORT and DELIVERY_OPS_PORT are both 21000',
    ],
  ])('ends with 78 for %o', async (wrong, message) => {
    await using start = run(['node', 'scripts/start.ts'], { ...(await freePorts()), ...wrong })
    expect(await start.exited()).toEqual({ code: 78, signal: null })
    expect(start.stderr.join('\n')).toContain(message)
  })

  it('ends with the code of a service that cannot start, and stops the other one', async () => {
    const ports = await freePorts()
    await using start = run(['node', 'scripts/start.ts'], { ...ports, GREETING: '', CATALOG__DELAY: 'soon' })
    expect(await start.exited()).toEqual({ code: 78, signal: null })
    expect(start.stdout.join('\n')).toContain('catalog.delay')
    expect(start.stderr.join('\n')).toContain('catalog ended by itself (78)')
    for (const variable of variables) expect(await statusOf(`http://127.0.0.1:${ports[variable]}/`)).toBe(0)
  })
})

function run(command: readonly [string, ...string[]], env: Readonly<Record<string, string>>): TestProcess {
  // Through the path that npm would set: the Node of the repository comes first.
  const PATH = commandEnvironment()['PATH'] ?? ''
  return startProcess({ command, cwd: repositoryRoot, env: { PATH, ...env }, patienceMs: buildPatienceMs })
}

/** Runs a command on a terminal of its own, by util-linux's `script`. */
function openTerminal(command: string, env: Readonly<Record<string, string>>) {
  const child = spawn(
    '/usr/bin/script',
    ['--quiet', '--return', '--flush', '--command', command, '/dev/null'],
    {
      cwd: repositoryRoot,
      env: { PATH: commandEnvironment()['PATH'], HOME: process.env['HOME'], TERM: 'xterm', ...env },
    },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  void text(child.stderr)
  return {
    get output() {
      return output
    },
    exitCode: new Promise<number | null>((resolve) => child.once('close', resolve)),
    type: (keys: string) => void child.stdin.write(keys),
    prints: (what: string) => {
      const isThere = () => {
        if (child.exitCode !== null) throw new Error(`The terminal closed before ${what} came:\n${output}`)
        return output.includes(what)
      }
      return until(isThere, what, buildPatienceMs)
    },
  }
}

async function freePorts(): Promise<Ports> {
  const found = new Set<number>()
  while (found.size < variables.length) found.add(await findFreePort())
  // One port for each name, in order.
  return Object.fromEntries([...found].map((port, index) => [variables[index], String(port)])) as Ports
}

async function inFlight(ports: Ports): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${ports.DELIVERY_OPS_PORT}/metrics`)).text()
  return Number(/^http_requests_in_flight (\d+)$/m.exec(page)?.[1])
}
