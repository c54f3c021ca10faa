import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Address } from './loopback-address.ts'

/** A balancer of Debian's that runs in the foreground, all its files in one folder that goes with it. */
export interface BalancerProcess extends AsyncDisposable {
  readonly folder: string
}

export interface BalancerOptions {
  readonly program: 'nginx' | 'haproxy'
  /** Writes its files and gives its arguments. */
  readonly prepare: (folder: string) => readonly string[]
  /** Where it listens once it runs. */
  readonly address: Address
}

/** How long it may take to listen, in milliseconds: a bound for hangs. */
const listensWithinMs = 20_000

/**
 * Starts a balancer and waits until it listens.
 *
 * @throws Error with its stderr when it ends before
 */
export async function startBalancer({
  program,
  prepare,
  address,
}: BalancerOptions): Promise<BalancerProcess> {
  const folder = mkdtempSync(join(tmpdir(), `keelson-${program}-`))
  const child = spawn(program, prepare(folder), {
    // Debian puts servers where the PATH of ordinary users does not look.
    env: { PATH: [process.env['PATH'], '/usr/sbin', '/usr/local/sbin'].join(delimiter) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4_000)))
  let isOver = false
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      isOver = true
      resolve()
    }
    child.once('error', (error) => {
      stderr += error.message
      end()
    })
    child.once('close', end)
  })
  const balancer: BalancerProcess = {
    folder,
    async [Symbol.asyncDispose]() {
      if (!isOver) child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
  const giveUpAtMs = performance.now() + listensWithinMs
  while (!(await accepts(address))) {
    if (isOver || performance.now() > giveUpAtMs) {
      await balancer[Symbol.asyncDispose]()
      throw new Error(`${program} did not start.\n${stderr}`)
    }
    await wait(20)
  }
  return balancer
}

function accepts(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
