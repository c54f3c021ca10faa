import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { checkGelfLine, type TestProcess } from '@keelson/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { repositoryRoot } from '../../scripts/repository.ts'
import { launchService } from './service-process.ts'

const catalog = 'examples/video/catalog/src/main.ts'

describe('a wrong configuration value', () => {
  it('in the environment is one message with key, value, origin and remedy, and exit code 78', async () => {
    const message = await failedStart(launchService({ main: catalog, env: { PORT: '80a' } }), 78)
    expect(message).toContain('http.port = "80a"')
    expect(message).toContain('origin: env PORT')
    expect(message).toMatch(/remedy: Set http\.port .*whole number/)
  })

  it.each([
    ['OTEL__SAMPLE_RATIO', '1.5', 'otel.sampleRatio = 1.5 is not a number from 0 to 1'],
    ['REQUEST__TIMEOUT', '30h', 'request.timeout = 108000000 is not a duration from 0s to 24h'],
    ['SHUTDOWN_DRAIN_DELAY', '25s', 'shutdown.drainDelay = 25000 leaves nothing of shutdown.grace'],
    ['RESOURCES__DATABASE__CHECK_TIMEOUT', '1ms', 'resources.database.checkTimeout = 1 cannot be used'],
  ])('that is out of range is one as well: %s=%s', async (variable, value, problem) => {
    const main = variable.startsWith('RESOURCES') ? 'examples/orders/src/main.ts' : catalog
    const message = await failedStart(launchService({ main, env: { [variable]: value } }), 78)
    expect(message).toContain('1 fault.')
    expect(message).toContain(problem)
    expect(message).toContain(`origin: env ${variable}`)
    expect(message).toContain('remedy: ')
  })

  it('in a file is told with the line that it stands in', async () => {
    const cwd = createFolder({ 'config/default.json': '{\n  "catalog": {\n    "delay": "soon"\n  }\n}\n' })
    const message = await failedStart(launchService({ main: catalog, cwd }), 78)
    expect(message).toContain('catalog.delay = "soon"')
    expect(message).toContain('origin: config/default.json:3')
    expect(message).toMatch(/remedy: .*duration/)
  })

  it('is told together with every other one', async () => {
    const cwd = createFolder({ 'config/default.json': '{ "catalog": { "failureRation": 1 } }\n' })
    const args = ['--set', 'log.level=loud']
    const message = await failedStart(
      launchService({ main: catalog, cwd, args, env: { OPS_PORT: '-1' } }),
      78,
    )
    expect(message).toContain('3 faults')
    expect(message).toContain('catalog.failureRatio?')
    expect(message).toContain('origin: --set log.level')
    expect(message).toContain('origin: env OPS_PORT')
  })
})

describe('a port in use', () => {
  it.each(['PORT', 'OPS_PORT'])(
    'is named with %s, which changes it, and ends the process with 69',
    async (variable) => {
      const port = await occupyPort()
      const message = await failedStart(
        launchService({ main: catalog, env: { [variable]: String(port) } }),
        69,
      )
      expect(message).toContain(`Port ${port} `)
      expect(message).toContain(`set ${variable} to`)
    },
  )
})

/** Waits for the end and gives the one message of it. */
async function failedStart(started: TestProcess, code: number): Promise<string> {
  await using launched = started
  expect(await launched.exited()).toEqual({ code, signal: null })
  expect(launched.stderr).toEqual([])
  expect(launched.stdout.flatMap(checkGelfLine)).toEqual([])
  const fatal = launched.stdout.map((line) => JSON.parse(line)).filter(({ level }) => level <= 3)
  expect(fatal).toHaveLength(1)
  expect(JSON.stringify(fatal)).not.toMatch(/\.ts:\d|node:internal|\\n +at /)
  return String(fatal[0].short_message)
}

function createFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-e2e-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return relative(repositoryRoot, folder)
}

function occupyPort(): Promise<number> {
  const server: Server = createServer()
  onTestFinished(() => void server.close())
  return new Promise((resolve) => {
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}
