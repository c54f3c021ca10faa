import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as wait } from 'node:timers/promises'
import { startProcess } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { findFreePorts } from '../src/verify/free-ports.ts'
import { fixture, fixtureContract } from './fixture-verify.ts'

const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
const node = process.execPath

function keelson(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = folder()) {
  return startProcess({
    command: [node, '--conditions=keelson-source', bin, ...args],
    cwd,
    env,
    patienceMs: 50_000,
  })
}

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'keelson-cli-'))
}

function contractIn(where: string, content: object = fixtureContract): void {
  writeFileSync(join(where, 'keelson.contract.json'), JSON.stringify(content))
}

describe('keelson', () => {
  it('ends with 0 when the contract holds, and writes all reports beside the one for people', async () => {
    const cwd = folder()
    contractIn(cwd)
    const reports = ['junit', 'json', 'tap', 'sarif', 'html'].flatMap((format) => [
      '--report',
      `${format}=out/report.${format}`,
    ])
    await using command = keelson(['verify', ...reports, '--', node, fixture], {}, cwd)
    expect(await command.exited()).toEqual({ code: 0, signal: null })
    expect(command.stdout.join('\n')).toMatch(/0 of \d+ requests lost while stopping/)
    expect(command.stdout.join('\n')).not.toContain('\u001B')
    expect(command.stderr).toEqual([])
    expect(readFileSync(join(cwd, 'out/report.html'), 'utf8')).toContain('<svg')
    expect(JSON.parse(readFileSync(join(cwd, 'out/report.json'), 'utf8'))).toMatchObject({
      version: 1,
      counts: { errors: 0 },
    })
  })

  it('ends with 1 when the contract is broken, and names check and remedy', async () => {
    const cwd = folder()
    contractIn(cwd)
    await using command = keelson(['verify', '--', node, fixture], { BREAK: 'probes.head' }, cwd)
    expect(await command.exited()).toEqual({ code: 1, signal: null })
    expect(command.stdout.join('\n')).toContain('probes.head')
    expect(command.stdout.join('\n')).toContain('remedy: Answer HEAD')
  })

  it('ends with 1 when there are more warnings than allowed', async () => {
    const cwd = folder()
    contractIn(cwd)
    await using command = keelson(
      ['verify', '--max-warnings', '0', '--', node, fixture],
      { BREAK: 'probes.small' },
      cwd,
    )
    expect(await command.exited()).toEqual({ code: 1, signal: null })
  })

  it.each([
    [['verify']],
    [['verify', 'http://127.0.0.1:1', '--', 'node']],
    [['verify', '--']],
    [['verify', '--prt', '1', 'http://127.0.0.1:1']],
    [['verify', '127.0.0.1:80']],
    [['verify', '--skip', 'probes.head', 'http://127.0.0.1:1']],
    [['verify', '--only', 'probes.nothing', 'http://127.0.0.1:1']],
    [['verify', '--explain', 'nothing']],
    [['verify', '--report', 'pdf=x', 'http://127.0.0.1:1']],
    [['verify', '--ready-timeout', '5', 'http://127.0.0.1:1']],
    [['verify', '--contract', 'absent.json', 'http://127.0.0.1:1']],
    [['verfy']],
    [[]],
  ])('ends with 2 for the command line %j', async (args) => {
    await using command = keelson(args)
    expect(await command.exited()).toEqual({ code: 2, signal: null })
    expect(command.stderr.join('\n')).not.toContain('    at ')
  })

  it('ends with 2 and every fault when the contract file is wrong', async () => {
    const cwd = folder()
    contractIn(cwd, {
      prot: 1,
      stop: { grace: 5 },
      waivers: [{ id: 'x', reason: 'because of that', until: 'soon' }],
    })
    await using command = keelson(['verify', 'http://127.0.0.1:1'], {}, cwd)
    expect(await command.exited()).toEqual({ code: 2, signal: null })
    for (const path of ['prot', 'stop.grace', 'waivers[0].until'])
      expect(command.stderr.join('\n')).toContain(path)
  })

  it('ends with 3 when nothing listens', async () => {
    await using command = keelson([
      'verify',
      '--ready-timeout',
      '300ms',
      'http://127.0.0.1:1',
      '--ops-port',
      '1',
    ])
    expect(await command.exited()).toEqual({ code: 3, signal: null })
  })

  it('ends with 3 and the last lines when the process ends early, or cannot be run', async () => {
    await using early = keelson(['verify', '--', node, '-e', 'console.log("last words"); process.exit(7)'])
    expect(await early.exited()).toEqual({ code: 3, signal: null })
    expect(early.stderr.join('\n')).toContain('last words')
    expect(early.stderr.join('\n')).toContain('exit code 7')
    await using absent = keelson(['verify', '--', './no-such-program'])
    expect(await absent.exited()).toEqual({ code: 3, signal: null })
  })

  it('ends with 3 at its time-out when the process never is ready, and leaves nothing behind', async () => {
    const started = performance.now()
    await using command = keelson([
      'verify',
      '--ready-timeout',
      '2s',
      '--',
      node,
      '-e',
      'console.log(`pid ${process.pid}`); setInterval(() => {}, 1000)',
    ])
    expect(await command.exited()).toEqual({ code: 3, signal: null })
    // The start of the command itself is in it; on a busy machine that takes a second and more.
    expect(performance.now() - started).toBeGreaterThan(2000)
    const pid = Number(/pid (\d+)/.exec(command.stderr.join('\n'))?.[1])
    expect(pid).toBeGreaterThan(0)
    expect(isAlive(pid)).toBe(false)
  })

  it('refuses to verify another service that has the port', async () => {
    const server = createServer((_request, response) => response.end('other'))
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
    const address = server.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    try {
      await using command = keelson(['verify', '--port', port, '--', node, fixture])
      expect(await command.exited()).toEqual({ code: 3, signal: null })
      expect(command.stderr.join('\n')).toContain('Another process listens')
    } finally {
      server.close()
    }
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends by %s with %i, and leaves no child behind', async (signal, code) => {
    const cwd = folder()
    const pidFile = join(cwd, 'pid')
    // A grandchild, which only the end of the whole group reaches.
    const script = `require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000)`
    await using command = keelson(['verify', '--', 'sh', '-c', `"$0" -e "$1" & wait`, node, script], {}, cwd)
    const pid = await pidIn(pidFile)
    command.signal(signal)
    expect(await command.exited()).toEqual({ code, signal: null })
    expect(await isGone(pid)).toBe(true)
  })

  it('lists and explains every check, and helps', async () => {
    await using list = keelson(['verify', '--list'])
    expect(await list.exited()).toEqual({ code: 0, signal: null })
    expect(list.stdout.length).toBeGreaterThan(50)
    await using explain = keelson(['verify', '--explain', 'stop.no-lost-request'])
    expect(await explain.exited()).toEqual({ code: 0, signal: null })
    expect(explain.stdout.join('\n')).toMatch(/why .*\nremedy /)
    await using help = keelson(['verify', '--help'])
    expect(await help.exited()).toEqual({ code: 0, signal: null })
    expect(help.stdout.join('\n')).toContain('Exit codes')
  })

  it('hands arguments on as they are, and fills in the ports', async () => {
    const script = 'console.log(JSON.stringify(process.argv.slice(1))); process.exit(1)'
    const [port] = await findFreePorts()
    await using command = keelson([
      'verify',
      '--port',
      String(port),
      '--',
      node,
      '-e',
      script,
      '--',
      '{port}',
      "$(id) 'a b'",
      '--help',
    ])
    expect(await command.exited()).toEqual({ code: 3, signal: null })
    expect(command.stderr.join('\n')).toContain(JSON.stringify([String(port), "$(id) 'a b'", '--help']))
  })

  it('takes other ports when somebody was quicker', async () => {
    const cwd = folder()
    contractIn(cwd)
    const thief = `require('net').createServer().listen(process.env.PORT, '127.0.0.1', () => { require('fs').writeFileSync('taken', '') }); setTimeout(() => process.exit(), 20000)`
    // The first life finds its port taken, by a process outside of its group that ends by itself.
    const script = `[ -e taken ] && exec "$0" "$2"; setsid "$0" -e "$1" >/dev/null 2>&1 & while [ ! -e taken ]; do sleep 0.05; done; exit 1`
    await using command = keelson(
      ['verify', '--only', 'stop', '--', 'sh', '-c', script, node, thief, fixture],
      {},
      cwd,
    )
    expect(await command.exited()).toEqual({ code: 0, signal: null })
  })

  it('runs an image through the docker command line', async () => {
    const cwd = folder()
    contractIn(cwd)
    // Stands in for the docker command: runs the fixture on the published ports, as `docker run` would show it.
    const docker = join(cwd, 'docker')
    writeFileSync(
      docker,
      `#!/bin/sh\necho "$@" >> ${cwd}/calls\n[ "$1" = rm ] && exit 0\nexport PORT=$(echo "$@" | sed 's/.*127.0.0.1:\\([0-9]*\\):8080.*/\\1/') OPS_PORT=$(echo "$@" | sed 's/.*127.0.0.1:\\([0-9]*\\):8081.*/\\1/')\nexec ${node} ${fixture}\n`,
      { mode: 0o755 },
    )
    const env = { PATH: `${cwd}:${process.env['PATH'] ?? ''}` }
    const image = 'registry.example.org/fixture:1'
    await using command = keelson(['verify', '--only', 'stop', '--image', image], env, cwd)
    expect(await command.exited()).toEqual({ code: 0, signal: null })
    const calls = readFileSync(join(cwd, 'calls'), 'utf8')
    expect(calls).toMatch(
      /^run --rm --init=false --name keelson-verify-\w+ .*--env DRAIN_MS .*registry\.example\.org\/fixture:1$/m,
    )
    expect(calls).toMatch(/^rm --force keelson-verify-\w+$/m)
  })
})

async function pidIn(path: string): Promise<number> {
  for (;;) {
    try {
      const text = readFileSync(path, 'utf8')
      if (text !== '') return Number(text)
    } catch {
      // Not written yet.
    }
    await wait(20)
  }
}

async function isGone(pid: number): Promise<boolean> {
  // A killed process is there until its parent has heard of it.
  for (let tries = 0; tries < 1_000 && isAlive(pid); tries++) await wait(20)
  return !isAlive(pid)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch {
    return false
  }
}

function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
