import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { exceeds, fits, groupsNamed, leakContract, requireCgroup } from './leak-fixture.ts'

const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))

describe.concurrent('keelson verify --leak', () => {
  it('says aloud when the leak cannot be judged', async ({ skip }) => {
    await requireCgroup(skip)
    const cwd = mkdtempSync(join(tmpdir(), 'keelson-leak-'))
    const command = ['env', '-u', 'NODE_OPTIONS', ...fits]
    await using run = keelson(cwd, ['--leak', '--only', 'limits', '--', ...command])
    expect(await run.exited()).toEqual({ code: 0, signal: null })
    expect(run.stderr.join('\n')).toMatch(/limits\.leak was not judged: no process that listens/)
  })

  it('leaves no group, no folder and no process when it is interrupted', async ({ skip }) => {
    await requireCgroup(skip)
    const cwd = mkdtempSync(join(tmpdir(), 'keelson-leak-'))
    // It takes about eight seconds to the limit.
    const script = 'cat /proc/self/cgroup > place; exec "$0" "$@"'
    await using run = keelson(cwd, [
      '--only',
      'limits.leak',
      '--memory',
      '1Gi',
      '--',
      'sh',
      '-c',
      script,
      ...exceeds,
    ])
    const name = await until(() => /\/(keelson-verify-\w+)$/m.exec(textOf(join(cwd, 'place')))?.[1])
    expect(groupsNamed(name)).toHaveLength(1)
    // The second file there says that it leaks.
    await until(() => temporary(cwd).some((folder) => readdirSync(join(cwd, folder, 'state')).length > 1))
    run.signal('SIGINT')
    expect(await run.exited()).toEqual({ code: 130, signal: null })
    expect(temporary(cwd)).toEqual([])
    expect(groupsNamed(name)).toEqual([])
  })

  it('bounds an image by the docker command line', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'keelson-leak-'))
    // Stands in for the docker command, but for the limit: the heap ends first.
    writeFileSync(
      join(cwd, 'docker'),
      `#!/bin/sh\necho "$@" >> ${cwd}/calls\n[ "$1" = rm ] && exit 0\nexport PORT=$(echo "$@" | sed 's/.*127.0.0.1:\\([0-9]*\\):8080.*/\\1/') OPS_PORT=$(echo "$@" | sed 's/.*127.0.0.1:\\([0-9]*\\):8081.*/\\1/')\nexec ${fits.join(' ')}\n`,
      { mode: 0o755 },
    )
    const env = { PATH: `${cwd}:${process.env['PATH'] ?? ''}` }
    await using run = keelson(cwd, ['--only', 'limits.leak', '--image', 'fixture:1'], env)
    expect(await run.exited()).toEqual({ code: 0, signal: null })
    expect(run.stderr).toEqual([])
    const calls = readFileSync(join(cwd, 'calls'), 'utf8')
    expect(calls).toMatch(
      /^run --memory 201326592b --memory-swap 201326592b --volume (\S+):\1 --rm .*--env NODE_OPTIONS .*fixture:1$/m,
    )
  })
})

function temporary(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.startsWith('keelson-verify-leak-'))
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

async function until<T>(look: () => T | undefined | false): Promise<T> {
  for (;;) {
    const seen = look()
    if (seen) return seen
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function keelson(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  writeFileSync(join(cwd, 'keelson.contract.json'), JSON.stringify(leakContract))
  return startProcess({
    command: [process.execPath, '--conditions=keelson-source', bin, 'verify', ...args],
    cwd,
    env: { TMPDIR: cwd, ...env },
    patienceMs: 50_000,
  })
}
