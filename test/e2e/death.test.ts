import { checkGelfLine } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { launchService, startService } from './service-process.ts'

const folder = 'test/e2e/services'

describe('an error that nobody catches', () => {
  it.each([
    ['/throw', 'thrown where nobody catches'],
    ['/reject', 'rejected where nobody catches'],
  ])(
    'after %s is one fatal line; what runs is answered, and the process ends with 1',
    async (path, message) => {
      await using failing = await startService({ main: `${folder}/failing.ts`, cwd: folder })
      const answer = await fetch(`${failing.url}${path}`, { headers: { 'x-request-id': 'last-1' } })
      expect(answer.status).toBe(200)
      expect(await answer.json()).toEqual({ answered: true })

      expect(await failing.process.exited()).toEqual({ code: 1, signal: null })
      expect(failing.lines(({ level }) => Number(level) <= 2)).toMatchObject([
        { level: 2, _error_type: 'TypeError', _error_message: message, _request_id: 'last-1' },
      ])
      expect(failing.process.stdout.flatMap(checkGelfLine)).toEqual([])
      expect(failing.process.stderr).toEqual([])
    },
  )

  it('while the service is created is one fatal line, and the process ends with 1', async () => {
    await using launched = launchService({ main: `${folder}/no-catch.ts`, cwd: folder })
    expect(await launched.exited()).toEqual({ code: 1, signal: null })
    const said = [...launched.stdout, ...launched.stderr].join('\n')
    expect(said).toContain('KEELSON_SERVICE_DEFINITION_INVALID')
    expect(said).toContain('Not A Name')
  })
})

describe('an error while the program loads', () => {
  it('is said on stderr, with its stack, although keelson/preload handles it', async () => {
    await using launched = launchService({
      main: `${folder}/broken-load.ts`,
      cwd: folder,
      nodeArgs: ['--import=keelson/preload'],
    })
    expect(await launched.exited()).toEqual({ code: 1, signal: null })
    expect(launched.stderr.join('\n')).toMatch(/RangeError: broken while loading\n +at .*broken-load\.ts/)
  })
})

describe('SIGTERM during start-up', () => {
  it('ends the process with 0', async () => {
    await using launched = launchService({ main: `${folder}/slow-start.ts`, cwd: folder })
    await launched.line((line) => line.includes('"waiting"'), 'the start')
    launched.signal('SIGTERM')
    expect(await launched.exited()).toEqual({ code: 0, signal: null })
    expect(launched.stderr).toEqual([])
    expect(launched.stdout.flatMap(checkGelfLine)).toEqual([])
    // It did not wait for the plugin, and never said that it was ready.
    const messages = launched.stdout.map((line) => String(JSON.parse(line).short_message))
    expect(messages).toContain('service stopped: SIGTERM')
    expect(messages.filter((message) => /^(waited|ready|Server listening)/.test(message))).toEqual([])
  })

  it.each([
    [
      'ends with 0 before the service is made, where keelson/preload is imported',
      ['--import=keelson/preload'],
      { code: 0, signal: null },
    ],
    ['is Node’s own end where it is not', [], { code: null, signal: 'SIGTERM' }],
  ] as const)('%s', async (_name, nodeArgs, end) => {
    await using launched = launchService({ main: `${folder}/slow-load.ts`, cwd: folder, nodeArgs })
    await launched.line((line) => line.includes('"loading"'), 'the start')
    launched.signal('SIGTERM')
    expect(await launched.exited()).toEqual(end)
  })
})
