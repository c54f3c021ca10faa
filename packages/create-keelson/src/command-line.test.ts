import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCreate } from './command-line.ts'

let cwd = ''

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'create-keelson-'))
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

async function create(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' }
  const code = await runCreate(args, {
    out: (text) => (texts.out += text),
    err: (text) => (texts.err += text),
    isInteractive: false,
    env: {},
    cwd,
    signal: new AbortController().signal,
  })
  return { code, ...texts }
}

describe('create-keelson', () => {
  it('makes a service, and says what comes next', async () => {
    const { code, out } = await create('plain', '--no-install')
    expect(code).toBe(0)
    expect(existsSync(join(cwd, 'plain/src/main.ts'))).toBe(true)
    for (const step of ['cd plain', 'npm install', 'npm run generate', 'npm run dev'])
      expect(out).toContain(step)
  })

  it('changes nothing in a folder that holds something', async () => {
    mkdirSync(join(cwd, 'taken'))
    writeFileSync(join(cwd, 'taken/notes.txt'), 'mine')
    const { code, err } = await create('taken', '--no-install')
    expect(code).toBe(1)
    expect(err).toContain('KEELSON_CREATE_FOLDER_NOT_EMPTY')
    expect(readdirSync(join(cwd, 'taken'))).toEqual(['notes.txt'])
    expect(readFileSync(join(cwd, 'taken/notes.txt'), 'utf8')).toBe('mine')
  })

  it('takes a fresh clone of an empty repository, and refuses a file', async () => {
    mkdirSync(join(cwd, 'cloned/.git'), { recursive: true })
    expect((await create('cloned', '--no-install')).code).toBe(0)
    writeFileSync(join(cwd, 'file'), '')
    expect((await create('file', '--no-install')).err).toContain('file is a file')
  })

  it('lists and writes nothing with --dry-run, into a folder that is taken too', async () => {
    const { code, out } = await create('dry', '--dry-run')
    expect(code).toBe(0)
    expect(out).toContain('dry/src/main.ts')
    expect(existsSync(join(cwd, 'dry'))).toBe(false)
  })

  it('gives one JSON object with --json', async () => {
    const { code, out } = await create('machine', '--json', '--no-install', '--template', 'worker')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      folder: join(cwd, 'machine'),
      answers: { name: 'machine', template: 'worker' },
      files: expect.arrayContaining(['src/consumer.ts']),
      installed: false,
    })
  })

  it.each([
    [['Bad_Name']],
    [[]],
    [['svc', '--template', 'none-such']],
    [['svc', '--colour']],
    [['svc', '--packages', 'no-such-folder']],
  ])('ends with 2 for %j, and writes nothing', async (args) => {
    const before = readdirSync(cwd)
    expect((await create(...args)).code).toBe(2)
    expect(readdirSync(cwd)).toEqual(before)
  })

  it('takes another name than that of the folder', async () => {
    expect((await create('Team Folder', '--name', 'delivery', '--no-install')).code).toBe(0)
    expect(JSON.parse(readFileSync(join(cwd, 'Team Folder/package.json'), 'utf8'))).toMatchObject({
      name: 'delivery',
    })
  })

  it('writes the same files again from its keelson.json', async () => {
    await create('first', '--no-install', '--template', 'worker', '--base', 'slim', '--ci', 'both')
    expect((await create('second', '--replay', join(cwd, 'first/keelson.json'))).code).toBe(0)
    const list = (name: string) =>
      new Set(readdirSync(join(cwd, name), { recursive: true, encoding: 'utf8' }))
    expect(list('second')).toEqual(list('first'))
    for (const file of ['package.json', 'Dockerfile', 'README.md', 'keelson.json'])
      expect(readFileSync(join(cwd, 'second', file))).toEqual(readFileSync(join(cwd, 'first', file)))
  })

  it('shows help and version', async () => {
    expect(await create('--help')).toMatchObject({ code: 0, out: expect.stringContaining('--template') })
    expect(await create('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+/) })
  })
})
