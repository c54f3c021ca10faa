// From nothing to a verified service: what `npm create keelson` makes, from the packed packages, by the commands that its
// README names.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { packAll } from '../../scripts/pack.ts'
import { runCommand } from '../../scripts/run-command.ts'
import { createService, installCreator, type Creator } from './created-service.ts'

let work = ''
let creator: Creator

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'keelson-create-'))
  creator = await installCreator(join(work, 'creator'), await packAll(join(work, 'tarballs')))
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

describe.each(['api', 'worker', 'minimal'])('a service of the template %s', (template) => {
  it('is made, installed, checked, tested, built, started and verified', async () => {
    const started = performance.now()
    const folder = join(work, template)
    rmSync(folder, { recursive: true, force: true })
    const { code, output } = await createService(creator, folder, ['--template', template, '--ci', 'both'])
    expect(output).toContain(`${template} is made`)
    expect(code).toBe(0)

    for (const script of ['check', 'test', 'build'])
      expect(await npm(folder, script), script).toMatchObject({ code: 0 })
    const verified = await npm(folder, 'verify')
    expect(verified.output).toMatch(/ 0 failed, 0 warnings/)
    expect(verified.code).toBe(0)
    process.stdout.write(
      `${template}: nothing to verified in ${Math.round(performance.now() - started)} ms\n`,
    )

    const [program = '', ...args] = startScript(folder).split(' ')
    // Not through npm, which would be killed at the end of this test in place of the service.
    await using running = startProcess({
      command: [join(folder, 'node_modules/.bin', program), ...args],
      cwd: folder,
      env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0' },
    })
    const ready = await running.line((line) => line.includes('"_ops_port"'), 'readiness')
    const { _ops_port: opsPort } = JSON.parse(ready) as { _ops_port: number } // a log line of ours
    expect((await fetch(`http://127.0.0.1:${opsPort}/readiness`)).status).toBe(200)
  })

  it('is not made a second time over the first', async () => {
    const folder = join(work, template)
    const before = readdirSync(folder)
    const { code, output } = await createService(creator, folder, ['--template', template])
    expect(code).toBe(1)
    expect(output).toContain('KEELSON_CREATE_FOLDER_NOT_EMPTY')
    expect(readdirSync(folder)).toEqual(before)
  })
})

describe('a service that was made', () => {
  it('has checks that can fail', async () => {
    const folder = join(work, 'api')
    const main = join(folder, 'src/main.ts')
    const before = restoring(main)
    for (const fault of ["export const wrong: number = 'text'\n", 'console.log(definition)\n']) {
      writeFileSync(main, `${before}${fault}`)
      expect(await npm(folder, 'check'), fault).not.toMatchObject({ code: 0 })
    }
    writeFileSync(main, before)
    restoring(join(folder, 'config/schema.json'))
    const service = join(folder, 'src/service.ts')
    const definition = restoring(service)
    writeFileSync(service, definition.replace(/doc: '[^']+'/, "doc: 'Said in other words'"))
    // What was generated from the definition is out of date now.
    expect((await npm(folder, 'check')).output).toContain('config/schema.json')
    expect(await npm(folder, 'generate')).toMatchObject({ code: 0 })
    expect(await npm(folder, 'check')).toMatchObject({ code: 0 })
  })
})

/** What a file holds now, and again after the test. */
function restoring(path: string): string {
  const text = readFileSync(path, 'utf8')
  onTestFinished(() => writeFileSync(path, text))
  return text
}

function startScript(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly scripts: { readonly start: string }
  } // what the generator has written
  return manifest.scripts.start
}

function npm(folder: string, script: string): ReturnType<typeof runCommand> {
  // Ports 8080 and 8081 may be in use: verify hands over free ones, and the rest of the scripts opens none.
  return runCommand('npm', ['run', '--silent', script], { cwd: folder, env: { CI: 'true' } })
}
