import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installKeelson, judge, weigh } from '../../scripts/check-install.ts'
import { packAll } from '../../scripts/pack.ts'
import { runCommand } from '../../scripts/run-command.ts'

const service = `import { createService } from 'keelson'

const service = await createService({
  name: 'tarballs',
  config: { greeting: { doc: 'Opens every answer', format: 'string', default: 'Hello', reload: 'hot' } },
})

service.app.get<{ Params: { name: string } }>('/hello/:name', async (request) => {
  return { text: \`\${service.config.current.greeting}, \${request.params.name}\` }
})

const { port, opsPort } = await service.start()
process.stdout.write(\`listening \${port} \${opsPort}\\n\`)
`

describe('a project that installs from the packed tarballs', () => {
  let project = ''

  beforeAll(async () => {
    project = mkdtempSync(join(tmpdir(), 'keelson-installed-'))
    await installKeelson(project, await packAll(join(project, 'tarballs')))
    writeFileSync(join(project, 'service.ts'), service)
  })
  afterAll(() => rmSync(project, { recursive: true, force: true }))

  it('brings no more packages and bytes than promised', () => {
    const { problems, summary } = judge(weigh(project))
    expect(problems, summary).toEqual([])
  })

  it('type-checks a service, declarations of the packages included', async () => {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2024',
      types: ['node'],
    }
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: { ...compilerOptions, exactOptionalPropertyTypes: true },
        files: ['service.ts'],
      }),
    )
    expect(await runCommand('tsc', ['-p', project, '--pretty', 'false'])).toMatchObject({
      output: '',
      code: 0,
    })
  })

  it('starts a service that is ready, serves, and stops with exit code 0', async () => {
    await using running = startProcess({
      command: [process.execPath, 'service.ts'],
      cwd: project,
      env: { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0' },
    })
    const line = await running.line((text) => text.startsWith('listening '), 'the line with the ports')
    const [, port, opsPort] = line.split(' ')
    const readiness = await fetch(`http://127.0.0.1:${opsPort}/readiness`)
    expect(readiness.status).toBe(200)
    const answer = await fetch(`http://127.0.0.1:${port}/hello/Ada`, { headers: { 'x-request-id': 'abc-1' } })
    expect(await answer.json()).toEqual({ text: 'Hello, Ada' })
    expect(answer.headers.get('x-request-id')).toBe('abc-1')
    running.signal('SIGTERM')
    expect(await running.exited()).toEqual({ code: 0, signal: null })
  })
})
