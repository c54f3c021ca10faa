import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { completeContract, verify, type ContractFile, type VerifyResult } from '../src/index.ts'
import { findFreePorts } from '../src/verify/free-ports.ts'

/** The service that breaks one check. */
export const fixture: string = fileURLToPath(new URL('fixtures/service.ts', import.meta.url))

/** Short times: the stop is judged by order, not by length. */
export const fixtureContract: ContractFile = {
  service: 'fixture',
  paths: { sample: '/hello', slow: '/slow', error: '/error' },
  // Far above the default: ten of these services run at once, on a machine that has more to do. What is broken is slower still.
  limits: { memoryBytes: 2 ** 31, probe: '1500ms', scrape: '1500ms' },
  start: { readyTimeout: '20s' },
  stop: { env: { DRAIN_MS: '900' }, traffic: '500ms', grace: '4s' },
}

/** Verifies the fixture with one check broken. */
export async function verifyFixture(
  broken: string,
  file: ContractFile = fixtureContract,
): Promise<VerifyResult> {
  const contract = completeContract({
    ...file,
    start: { ...file.start, env: { BREAK: broken, ...file.start?.env } },
  })
  const options = { contract, cwd: process.cwd(), env: process.env, signal: new AbortController().signal }
  if (broken !== 'probes.readiness') {
    return verify({ ...options, target: { kind: 'command', command: [process.execPath, fixture] } })
  }
  // A command whose readiness never is 200 is never verified; a service that runs already is.
  const [port, opsPort] = await findFreePorts()
  const env = { ...process.env, BREAK: broken, PORT: String(port), OPS_PORT: String(opsPort) }
  const child = spawn(process.execPath, [fixture], { env, stdio: 'ignore' })
  try {
    const target = { kind: 'url', url: `http://127.0.0.1:${port}` } as const
    return await verify({ ...options, contract: { ...contract, opsPort }, target })
  } finally {
    child.kill('SIGKILL')
  }
}

/** Ids of what failed, warnings included. */
export function failed({ checks }: VerifyResult): readonly string[] {
  return checks.filter(({ status }) => status === 'fail').map(({ id }) => id)
}
