import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { request } from 'node:http'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { anyLoopbackAddress, type Address } from './loopback-address.ts'
import type { ReplicaStack } from './replica-stacks.ts'

export interface ReplicaOptions {
  readonly stack: ReplicaStack
  /** How long the stack waits between the signal and the close, in milliseconds. */
  readonly waitMs: number
  /** Flags of Node. */
  readonly nodeFlags: readonly string[]
}

/** One process of a service, ready to serve. */
export interface Replica extends AsyncDisposable {
  readonly address: Address
  /**
   * Sends SIGTERM and waits for the end; SIGKILL at the limit, as Kubernetes would.
   *
   * @returns `exit 0`, `SIGTERM`, `killed after 30 s`
   */
  stop(limitMs: number): Promise<string>
}

/** How long a replica may take until its first answer, in milliseconds: a bound for hangs. */
const readyWithinMs = 60_000

/** Characters of stderr that are kept for a message. */
const keptCharacters = 4_000

/**
 * Starts a replica on an address of its own, its log to `/dev/null`, and waits for its first answer.
 *
 * @throws Error with the last of its stderr when it ends before, or does not answer
 */
export async function startReplica({ stack, waitMs, nodeFlags }: ReplicaOptions): Promise<Replica> {
  const address = anyLoopbackAddress()
  const sink = openSync('/dev/null', 'w')
  const child = spawn(process.execPath, [...nodeFlags, stack.program], {
    cwd: dirname(stack.program),
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      HOST: address.host,
      PORT: String(address.port),
      OPS_PORT: '0',
      ...stack.waitEnv(waitMs),
    },
    stdio: ['ignore', sink, 'pipe'],
  })
  closeSync(sink)
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-keptCharacters)
  })
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`))
  })
  let isOver = false
  void ended.then(() => (isOver = true))

  const replica: Replica = {
    address,
    async stop(limitMs) {
      child.kill('SIGTERM')
      let isKilled = false
      const late = setTimeout(() => {
        isKilled = true
        child.kill('SIGKILL')
      }, limitMs)
      const end = await ended
      clearTimeout(late)
      return isKilled ? `killed after ${limitMs / 1_000} s` : end
    },
    async [Symbol.asyncDispose]() {
      if (!isOver) child.kill('SIGKILL')
      await ended
    },
  }
  const giveUpAtMs = performance.now() + readyWithinMs
  while (!(await answers(address))) {
    if (isOver || performance.now() > giveUpAtMs) {
      await replica[Symbol.asyncDispose]()
      throw new Error(`${stack.name} did not start: ${await ended}\n${stderr}`)
    }
    await wait(20)
  }
  return replica
}

function answers(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request({ ...address, path: '/videos/1', agent: false }, (response) => {
      response.resume()
      response.once('close', () => resolve(response.statusCode === 200))
    })
    asking.once('error', () => resolve(false))
    asking.end()
  })
}
