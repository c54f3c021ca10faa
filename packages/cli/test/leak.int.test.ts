import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { completeContract, verify, type VerifyResult } from '../src/index.ts'
import { createMemoryCgroup } from '../src/verify/memory-cgroup.ts'
import { failed } from './fixture-verify.ts'
import { exceeds, fits, groupsNamed, leakContract, requireCgroup } from './leak-fixture.ts'

function verifyLeak(
  command: readonly string[],
  only: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<VerifyResult> {
  return verify({
    target: { kind: 'command', command },
    contract: completeContract({
      ...leakContract,
      start: { ...leakContract.start, env: { ...leakContract.start?.env, ...env } },
    }),
    only,
    leak: true,
    cwd: process.cwd(),
    env: process.env,
    signal: new AbortController().signal,
  })
}

function findingOf({ checks }: VerifyResult): string | undefined {
  return checks.find(({ id }) => id === 'limits.leak')?.problems.join()
}

describe.concurrent('verify, of a service that leaks under its memory limit', () => {
  it('finds nothing when V8 gives up before the kernel does', async ({ skip }) => {
    await requireCgroup(skip)
    const result = await verifyLeak(fits)
    expect(failed(result)).toEqual([])
    expect(result.checks.filter(({ status }) => status === 'skip')).toEqual([])
    expect(result.checks.map(({ id }) => id)).toContain('limits.leak')
  })

  it('fails exactly limits.leak when the heap limit lies above the memory limit', async ({ skip }) => {
    await requireCgroup(skip)
    const result = await verifyLeak(exceeds)
    expect(failed(result)).toEqual(['limits.leak'])
    expect(findingOf(result)).toMatch(/the kernel killed it under a limit of 192 MiB, after \d+ MiB/)
  })

  it('fails exactly limits.leak when nobody is told of the abort', async ({ skip }) => {
    await requireCgroup(skip)
    const result = await verifyLeak(['sh', '-c', 'exec "$0" "$@" 2>/dev/null', ...fits])
    expect(failed(result)).toEqual(['limits.leak'])
    expect(findingOf(result)).toContain('no line says why')
  })

  it('takes a guard of the service for one when it ends by 75 and says why', async ({ skip }) => {
    await requireCgroup(skip)
    const only = ['limits.leak']
    expect(failed(await verifyLeak(fits, only, { GUARD_CODE: '75' }))).toEqual([])
    const mute = await verifyLeak(fits, only, { GUARD_CODE: '75', BREAK: 'limits.leak' })
    expect(findingOf(mute)).toContain('no record')
    expect(findingOf(await verifyLeak(fits, only, { GUARD_CODE: '3' }))).toContain('exit code 3')
  })

  it('leaks in the process that listens, not in what starts it', async ({ skip }) => {
    await requireCgroup(skip)
    const seen = join(mkdtempSync(join(tmpdir(), 'keelson-leak-')), 'seen')
    // A launcher in Node gets the preload too. Were it to leak, its small heap would end it long before the service.
    const launcher = `const { spawn } = require('child_process')
      spawn(process.argv[1], process.argv.slice(3), { stdio: 'inherit' }).on('exit', (code, signal) => {
        require('fs').writeFileSync(process.argv[2], String(signal))
        process.exit(134)
      })`
    const [program = '', ...args] = fits
    const command = [program, '--max-old-space-size=16', '-e', launcher, '--', program, seen, ...args]
    expect(failed(await verifyLeak(command, ['limits.leak']))).toEqual([])
    expect(readFileSync(seen, 'utf8')).toBe('SIGABRT')
  })
})

describe('createMemoryCgroup', () => {
  it('says why there is none, and leaves no folder', () => {
    const name = `keelson-verify-refused-${process.pid}`
    expect(createMemoryCgroup(Number.NaN, name)).toMatchObject({
      refusal: expect.stringMatching(/\(.+\)$/) as unknown,
    })
    expect(groupsNamed(name)).toEqual([])
  })
})
