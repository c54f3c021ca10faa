import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startProcess, type TestProcess } from '@keelson/testing'

const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))

/** A service in a few lines, so that what is tested is the command: `before` runs first, `onStop` at SIGTERM. */
export interface ServiceText {
  readonly before?: string
  readonly onStop?: string
}

/** Writes services into a folder of their own, one folder each. */
export function devFolder(services: Readonly<Record<string, ServiceText>>): string {
  const root = mkdtempSync(join(tmpdir(), 'keelson-dev-'))
  for (const [name, text] of Object.entries(services)) {
    mkdirSync(join(root, name, 'src'), { recursive: true })
    writeFileSync(join(root, name, 'package.json'), JSON.stringify({ name, type: 'module' }))
    writeService(root, name, text)
  }
  return root
}

/** Writes, or changes, one service. */
export function writeService(root: string, name: string, text: ServiceText): void {
  writeFileSync(join(root, name, 'src/main.js'), serviceText(name, text))
}

function serviceText(name: string, { before = '', onStop = 'process.exit(0)' }: ServiceText): string {
  return `
import { createServer } from 'node:http'
const say = (short_message, more = {}) =>
  process.stdout.write(JSON.stringify({ version: '1.1', host: 'h', _service: '${name}', level: 6, timestamp: Date.now() / 1000, short_message, ...more }) + '\\n')
say('starting', { _catalog: process.env.CATALOG_URL ?? 'none', _own_pid: process.pid, _etcd: process.env.ETCD_ENDPOINTS ?? 'none' })
${before}
createServer((request, response) => response.end('ok')).listen(Number(process.env.PORT), '127.0.0.1')
createServer((request, response) => response.end('{}')).listen(Number(process.env.OPS_PORT), '127.0.0.1')
process.on('SIGTERM', () => { say('stopping'); ${onStop} })
`
}

/** Where a run begins to look for free ports, below those of outgoing connections. */
export function portsOfRun(): { readonly PORT: string; readonly OPS_PORT: string } {
  const port = 10_000 + randomInt(1_000) * 20
  return { PORT: String(port), OPS_PORT: String(port + 10) }
}

/** Starts `keelson dev` in a folder. */
export function startDev(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): TestProcess {
  const dev = startProcess({
    command: [process.execPath, '--conditions=keelson-source', bin, 'dev', ...args],
    cwd,
    // Runs of other tests look for free ports at the same time: each begins elsewhere.
    env: { ...portsOfRun(), ...env },
    patienceMs: 50_000,
  })
  return {
    ...dev,
    // Not by SIGKILL, after which nobody would end its services.
    async [Symbol.asyncDispose]() {
      dev.signal('SIGINT')
      await wait(700)
      dev.signal('SIGINT')
      await dev.exited().catch(() => {})
      await dev[Symbol.asyncDispose]()
    },
  }
}

/** Whether a process is there; one that has ended and was not waited for is not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
