import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startService, statusOf, until } from './service-process.ts'

const folder = 'test/e2e/services'

it('each start says how the last life ended, in a line and in a series', async () => {
  const state = mkdtempSync(join(tmpdir(), 'keelson-lives-'))
  onTestFinished(() => rmSync(state, { recursive: true }))
  const message = join(state, 'termination-log')
  writeFileSync(message, '')
  const env = {
    KEELSON_STATE_DIR: state,
    TERMINATION_MESSAGE_PATH: message,
    POD_NAME: 'mortal-0',
    OPS__STALL_LIMIT: '1s',
  }
  const live = async () => {
    const life = await startService({ main: `${folder}/mortal.ts`, cwd: folder, env })
    onTestFinished(() => life[Symbol.asyncDispose]())
    const page = await (await fetch(`${life.opsUrl}/metrics`)).text()
    return { life, before: /keelson_previous_exit_info\{[^}]*reason="([^"]+)"[^}]*\} 1/.exec(page)?.[1] }
  }

  const first = await live()
  expect(first.before).toBe('first-start')
  first.life.process.signal('SIGTERM')
  expect(await first.life.process.exited()).toMatchObject({ code: 0 })

  const second = await live()
  expect(second.before).toBe('clean')
  await fetch(`${second.life.url}/throw`, { headers: { 'x-request-id': 'last-1' } })
  expect(await second.life.process.exited()).toMatchObject({ code: 1 })
  expect(readFileSync(message, 'utf8')).toContain('nobody catches this')

  const third = await live()
  expect(third.before).toBe('uncaught-error')
  // A start that a busy machine holds up is a stall as well, with a line of its own.
  const stallCount = () =>
    third.life.lines((line) => String(line['short_message']).includes('has been blocked')).length
  const before = stallCount()
  await fetch(`${third.life.url}/block`)
  await until(() => stallCount() > before, 'the line of the stall')
  expect(await statusOf(`${third.life.opsUrl}/liveness`)).toBe(503)
  third.life.process.signal('SIGKILL')
  await third.life.process.exited()

  const fourth = await live()
  expect(fourth.before).toBe('stall-kill')
  fourth.life.process.signal('SIGKILL')
  await fourth.life.process.exited()

  const fifth = await live()
  // Nothing but the signal is known: it is never called a lack of memory.
  expect(fifth.before).toBe('unknown')
})
