import { globSync } from 'node:fs'
import type { TestContext } from 'vitest'
import type { ContractFile } from '../src/index.ts'
import { createMemoryCgroup } from '../src/verify/memory-cgroup.ts'
import { fixture, fixtureContract } from './fixture-verify.ts'

const mebibyte = 1_048_576
/** 192 MiB of memory. The page of metrics agrees with the heap limit of the good command, whatever the process was started with. */
export const leakContract: ContractFile = {
  ...fixtureContract,
  limits: { ...fixtureContract.limits, memoryBytes: 192 * mebibyte },
  start: { ...fixtureContract.start, env: { HEAP_BYTES: '115000000' } },
}
/** Its heap limit leaves room below the memory limit. */
export const fits: readonly string[] = [process.execPath, '--max-old-space-size=110', fixture]
/** Its heap limit lies above the memory limit. */
export const exceeds: readonly string[] = [process.execPath, '--max-old-space-size=1024', fixture]

/** Says on stderr when it skips, since a silent skip reads like a pass. */
export async function requireCgroup(skip: TestContext['skip']): Promise<void> {
  const made = createMemoryCgroup(64 * mebibyte)
  if (!('refusal' in made)) return made.remove()
  process.stderr.write(`skipped: the leak run: ${made.refusal}\n`)
  skip()
}

/** Folders of control groups of that name, wherever this process may make them. */
export function groupsNamed(name: string): readonly string[] {
  return globSync(`/sys/fs/cgroup/**/${name}`)
}
