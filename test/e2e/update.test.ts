// `keelson update` with real tarballs: the packed template, and two later ones made of it.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packAll } from '../../scripts/pack.ts'
import { repositoryRoot } from '../../scripts/repository.ts'
import { runCommand, type CommandResult } from '../../scripts/run-command.ts'
import { createService, installCreator, type Creator } from './created-service.ts'

const greetings = 'src/routes/greetings.ts'
let work = ''
let creator: Creator
/** Folders of tarballs by the version of the template in them. */
const packages = { next: '', afterNext: '' }

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'keelson-update-'))
  creator = await installCreator(join(work, 'creator'), await packAll(join(work, 'tarballs')))
  packages.next = await laterTemplate('0.2.0', creator.packagesFolder, '0.1.0', (folder) => {
    edit(join(folder, 'api', greetings), "'greeted'", "'somebody was greeted'")
    edit(
      join(folder, 'common/Dockerfile'),
      'STOPSIGNAL SIGTERM\n',
      'STOPSIGNAL SIGTERM\n# From template 0.2.0.\n',
    )
    renameSync(join(folder, 'api/test/greetings.test.ts'), join(folder, 'api/test/greetings-route.test.ts'))
    rmSync(join(folder, 'common/_nvmrc'))
    writeFileSync(join(folder, 'common/_editorconfig'), 'root = true\n')
  })
  packages.afterNext = await laterTemplate('0.3.0', packages.next, '0.2.0', (folder) => {
    edit(join(folder, 'common/Dockerfile'), '# From template 0.2.0.\n', '# From template 0.3.0.\n')
  })
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

/** A folder of tarballs with a newer template in it. */
async function laterTemplate(
  version: string,
  from: string,
  before: string,
  change: (templates: string) => void,
): Promise<string> {
  const [folder, unpacked] = [join(work, `packages-${version}`), join(work, `template-${version}`)]
  cpSync(from, folder, { recursive: true })
  mkdirSync(unpacked)
  const old = `create-keelson-${before}.tgz`
  await succeed('tar', ['-xzf', join(folder, old), '-C', unpacked], work)
  rmSync(join(folder, old))
  edit(join(unpacked, 'package/package.json'), `"version": "${before}"`, `"version": "${version}"`)
  change(join(unpacked, 'package/templates'))
  await succeed(
    'npm',
    ['pack', '--ignore-scripts', `--pack-destination=${folder}`],
    join(unpacked, 'package'),
  )
  return folder
}

function edit(path: string, before: string, after: string): void {
  const text = readFileSync(path, 'utf8')
  if (!text.includes(before)) throw new Error(`${path} does not hold ${before}`)
  writeFileSync(path, text.replace(before, after))
}

async function succeed(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { code, output } = await runCommand(program, args, { cwd })
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${output}`)
}

/** A service in a repository of its own, with what `change` does to it committed. */
async function serviceWith(name: string, change: (folder: string) => void = () => {}): Promise<string> {
  const folder = join(work, name)
  rmSync(folder, { recursive: true, force: true })
  const { code, output } = await createService(creator, folder, ['--template', 'api', '--no-install'])
  if (code !== 0) throw new Error(output)
  change(folder)
  await succeed('git', ['init', '--quiet'], folder)
  await succeed('git', ['add', '--all'], folder)
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org']
  await succeed('git', [...author, 'commit', '--quiet', '--message', 'chore: begin'], folder)
  return folder
}

function update(folder: string, ...args: readonly string[]): Promise<CommandResult> {
  const bin = join(repositoryRoot, 'packages/cli/src/bin.ts')
  return runCommand('node', ['--conditions=keelson-source', bin, 'update', ...args], { cwd: folder })
}

const textOf = (folder: string, path: string): string => readFileSync(join(folder, path), 'utf8')

describe('keelson update', () => {
  it('takes the changes of the template, and keeps every edit', async () => {
    const folder = await serviceWith('edited', (made) => {
      edit(join(made, 'Dockerfile'), 'EXPOSE 8080 8081\n', 'EXPOSE 8080 8081 9000\n')
      edit(join(made, 'test/greetings.test.ts'), 'greets as configured', 'greets as it is told')
      edit(join(made, 'package.json'), '"dependencies": {', '"dependencies": {\n    "pg": "^8.0.0",')
      writeFileSync(join(made, 'src/own.ts'), 'export const own = true\n')
    })
    expect(await update(folder, '--check', '--packages', packages.next)).toMatchObject({ code: 1 })
    const { code, output } = await update(folder, '--packages', packages.next)
    expect(output).toContain('Template 0.1.0 → 0.2.0')
    expect(code).toBe(0)

    expect(textOf(folder, greetings)).toContain("'somebody was greeted'")
    expect(textOf(folder, 'Dockerfile')).toContain('EXPOSE 8080 8081 9000\n')
    expect(textOf(folder, 'Dockerfile')).toContain('# From template 0.2.0.\n')
    expect(textOf(folder, 'test/greetings-route.test.ts')).toContain('greets as it is told')
    expect(existsSync(join(folder, 'test/greetings.test.ts'))).toBe(false)
    expect(existsSync(join(folder, '.nvmrc'))).toBe(false)
    expect(textOf(folder, '.editorconfig')).toBe('root = true\n')
    expect(JSON.parse(textOf(folder, 'package.json'))).toMatchObject({ dependencies: { pg: '^8.0.0' } })
    expect(JSON.parse(textOf(folder, 'keelson.json'))).toMatchObject({ version: '0.2.0' })
    expect(existsSync(join(folder, 'src/own.ts'))).toBe(true)
    expect(readdirSync(join(folder, 'vendor')).filter((file) => file.startsWith('create-'))).toEqual([
      'create-keelson-0.2.0.tgz',
    ])
    expect(await update(folder, '--check', '--packages', packages.next)).toMatchObject({ code: 0 })
  })

  it('marks a line that both changed, ends with 1, and begins no other update over the marks', async () => {
    const folder = await serviceWith('conflict', (made) => {
      edit(join(made, greetings), "'greeted'", "'welcomed'")
    })
    const { code, output } = await update(folder, '--packages', packages.next)
    expect(code).toBe(1)
    expect(output).toMatch(/CONFLICT +src\/routes\/greetings\.ts/)
    const text = textOf(folder, greetings)
    for (const part of ["'welcomed'", "'somebody was greeted'", '<<<<<<< yours', '>>>>>>> template 0.2.0'])
      expect(text).toContain(part)
    const again = await update(folder, '--packages', packages.afterNext, '--allow-dirty')
    expect(again.code).toBe(2)
    expect(again.output).toContain('KEELSON_CLI_UPDATE_REFUSED')
  })

  it('goes over two versions at once', async () => {
    const folder = await serviceWith('behind')
    expect(await update(folder, '--packages', packages.afterNext)).toMatchObject({ code: 0 })
    expect(textOf(folder, 'Dockerfile')).toContain('# From template 0.3.0.\n')
    expect(textOf(folder, greetings)).toContain("'somebody was greeted'")
  })

  it('touches nothing without a commit to go back to, with --dry-run, and for an older template', async () => {
    const folder = await serviceWith('untouched')
    const dry = await update(folder, '--dry-run', '--packages', packages.next)
    expect(dry).toMatchObject({ code: 0, output: expect.stringContaining('nothing written') })
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    const dirty = await update(folder, '--packages', packages.next)
    expect(dirty).toMatchObject({ code: 2, output: expect.stringContaining('notes.txt') })
    rmSync(join(folder, '.git'), { recursive: true })
    expect(await update(folder, '--packages', packages.next)).toMatchObject({ code: 2 })
    expect(await update(folder, '--to', '0.0.9', '--packages', packages.next)).toMatchObject({ code: 2 })
    expect(await update(folder, '--to', '0.9.0', '--packages', packages.next, '--allow-dirty')).toMatchObject(
      {
        code: 3,
      },
    )
    expect(textOf(folder, greetings)).toContain("'greeted'")
    expect(JSON.parse(textOf(folder, 'keelson.json'))).toMatchObject({ version: '0.1.0' })
  })
})
