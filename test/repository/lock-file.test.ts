import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { completeLock } from '../../scripts/lock-platforms.mjs'
import { readText, repositoryRoot } from '../../scripts/repository.ts'
import { runCommand } from '../../scripts/run-command.ts'
import { createTree } from './tree.ts'

const incomplete = {
  packages: {
    '': { name: 'fixture' },
    'node_modules/tool': {
      version: '1.2.3',
      resolved: 'https://registry.example/tool.tgz',
      optionalDependencies: {
        '@tool/linux-x64': '1.2.3',
        '@tool/darwin-arm64': '1.2.3',
        '@tool/linux-x64-musl': '1.2.3',
      },
    },
    'node_modules/@tool/linux-x64': { version: '1.2.3', optional: true, os: ['linux'], cpu: ['x64'] },
  },
}

describe('completeLock', () => {
  it('adds the platforms that are missing, with what their names say', () => {
    const lock: { packages: Record<string, unknown> } = structuredClone(incomplete)
    expect(completeLock(lock)).toEqual(['@tool/darwin-arm64', '@tool/linux-x64-musl'])
    expect(lock.packages['node_modules/@tool/darwin-arm64']).toEqual({
      version: '1.2.3',
      optional: true,
      cpu: ['arm64'],
      os: ['darwin'],
    })
    expect(lock.packages['node_modules/@tool/linux-x64-musl']).toMatchObject({
      os: ['linux'],
      libc: ['musl'],
    })
    expect(completeLock(lock)).toEqual([])
  })
})

describe('lock-platforms.mjs', () => {
  it('refuses an incomplete file with --check and completes it without', async () => {
    const root = createTree({ 'package-lock.json': incomplete, 'scripts/placeholder': '' })
    copyFileSync(join(repositoryRoot, 'scripts/lock-platforms.mjs'), join(root, 'scripts/lock-platforms.mjs'))
    const run = (...args: string[]) =>
      runCommand('node', ['scripts/lock-platforms.mjs', ...args], { cwd: root })
    expect(await run('--check')).toMatchObject({
      code: 1,
      output: expect.stringContaining('lacks 2 platform packages'),
    })
    expect(await run()).toMatchObject({ code: 0 })
    expect(await run('--check')).toMatchObject({ code: 0 })
    // No host of a registry stays in the file.
    expect(readText(root, 'package-lock.json')).not.toContain('https://')
  })
})
