// The prompts on a real terminal: `script` of util-linux gives the command a pty, the test presses the keys.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireServer, startProcess } from '@keelson/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const script = requireServer('script')
const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
const command = [process.execPath, '--conditions=keelson-source', bin] as const
let cwd = ''

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'create-prompts-'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

/** Text that must have come on the terminal, and the keys that are then pressed. */
type Step = readonly [shown: string, keys: string]

const ENTER = '\r'
const DOWN = '\u001B[B'
const CTRL_C = '\u0003'

/** Runs the command on a pty and presses keys, each when its prompt has come. */
async function onTerminal(
  args: readonly string[],
  steps: readonly Step[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly text: string }> {
  // A new pty has no columns, and prompts would put every letter on a line of its own.
  const line = `stty cols 100 rows 40; exec ${[...command, ...args].map((word) => `'${word}'`).join(' ')}`
  const child = spawn(script.path ?? 'script', ['-qec', line, '/dev/null'], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let text = ''
  let seen = 0
  const waiting = [...steps]
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    const [next] = waiting
    if (next === undefined || !text.slice(seen).includes(next[0])) return
    seen = text.length
    waiting.shift()
    child.stdin.write(next[1])
  })
  const bound = setTimeout(() => child.kill('SIGKILL'), 45_000)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(bound)
  return { code, text }
}

describe.skipIf(!script.available)('create-keelson on a terminal', () => {
  it('asks what no option says, and makes what was answered', async () => {
    const { code, text } = await onTerminal(
      [],
      [
        ['Folder', `-api${ENTER}`],
        ['Template', `${DOWN}${ENTER}`],
        ['Image', `${DOWN}${ENTER}`],
        ['Pipeline', `${DOWN}${ENTER}`],
        ['Name of the image', ENTER],
        ['Install', `n`],
      ],
    )
    expect(text).toContain('my-service-api is made')
    expect(code).toBe(0)
    expect(JSON.parse(readFileSync(join(cwd, 'my-service-api/keelson.json'), 'utf8'))).toMatchObject({
      answers: { name: 'my-service-api', template: 'worker', base: 'slim', ci: 'github' },
    })
    expect(existsSync(join(cwd, 'my-service-api/node_modules'))).toBe(false)
  })

  it('does not ask what options say', async () => {
    const args = 'said --template api --base alpine --ci none --image a/b --no-install'.split(' ')
    const { code, text } = await onTerminal(args, [])
    expect(code).toBe(0)
    expect(text).not.toMatch(/Folder|Template|Pipeline|Install/)
  })

  it.each([
    ['--yes', ['yes', '--yes', '--no-install'], {}],
    ['CI', ['ci', '--no-install'], { CI: 'true' }],
  ])('asks nothing with %s', async (_what, args, env) => {
    const { code, text } = await onTerminal(args, [], env)
    expect(text).toContain('is made')
    expect(code).toBe(0)
  })

  it('writes nothing when it is left by Ctrl-C', async () => {
    const { code } = await onTerminal(['left'], [['Template', CTRL_C]])
    expect(code).toBe(130)
    expect(existsSync(join(cwd, 'left'))).toBe(false)
  })

  it('refuses a folder that is taken before it asks', async () => {
    writeFileSync(join(cwd, 'mine'), '')
    const { code, text } = await onTerminal(['.'], [])
    expect(code).toBe(1)
    expect(text).toContain('KEELSON_CREATE_FOLDER_NOT_EMPTY')
    expect(text).not.toContain('Template')
  })
})

describe('create-keelson without a terminal', () => {
  it('takes the defaults and never asks', async () => {
    await using created = startProcess({ command: [...command, 'silent', '--no-install'], cwd })
    expect(await created.exited()).toEqual({ code: 0, signal: null })
    expect(created.stdout.join('\n')).not.toContain('Template')
    expect(JSON.parse(readFileSync(join(cwd, 'silent/keelson.json'), 'utf8'))).toMatchObject({
      answers: { template: 'api', base: 'alpine', ci: 'jenkins' },
    })
  })
})
