import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isKeelsonError } from '@keelson/core/errors'
import { completeContract, readContractFile } from '../verify/contract.ts'
import { verify } from '../verify/verify.ts'
import type { FleetMember } from './fleet.ts'
import type { VerifyMessage } from './messages.ts'

/**
 * Checks the contract of a running service, as `keelson verify <url>` does, by the contract file of its folder.
 *
 * @param onProgress told of every step, and of the result
 */
export async function verifyService(
  { spec, url, ports }: FleetMember,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
  onProgress: (progress: VerifyMessage) => void,
): Promise<void> {
  const nothing = { passed: 0, skipped: 0, findings: [] }
  const tell = (state: VerifyMessage['state'], step: string, found: Partial<VerifyMessage> = {}): void =>
    onProgress({ ...nothing, ...found, state, step, atMs: Date.now() })
  try {
    const file = join(spec.folder, 'keelson.contract.json')
    const written = existsSync(file) ? readContractFile(file) : {}
    const contract = completeContract({ ...written, service: spec.name, opsPort: ports.opsPort })
    const { checks } = await verify({
      contract,
      signal,
      env,
      target: { kind: 'url', url },
      cwd: spec.folder,
      onStep: (step) => tell('running', step),
    })
    tell('done', '', {
      passed: checks.filter(({ status }) => status === 'pass').length,
      skipped: checks.filter(({ status }) => status === 'skip').length,
      findings: checks
        .filter(({ status }) => status === 'fail')
        .map(({ id, title, level, problems, remedy }) => ({ id, title, level, problems, remedy })),
    })
  } catch (error) {
    tell('failed', isKeelsonError(error) || error instanceof Error ? error.message : String(error))
  }
}
