import { checkGelfLine } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { launchService } from './service-process.ts'

const launch = (...args: readonly string[]) =>
  launchService({
    main: 'test/e2e/services/tasks.ts',
    cwd: 'test/e2e/services',
    args,
    env: { SHUTDOWN_GRACE: '1s' },
  })

describe('node main.js --task NAME', () => {
  it.each([
    ['succeed', 0],
    ['fail', 1],
    ['unknown', 1],
  ])('%s ends with %i, in valid lines alone', async (task, code) => {
    await using launched = launch('--task', task)
    expect(await launched.exited()).toEqual({ code, signal: null })
    expect(launched.stdout.flatMap(checkGelfLine)).toEqual([])
    expect(launched.stderr).toEqual([])
    expect(launched.stdout.join('\n')).not.toContain('_ops_port')
  })

  it('cuts a task that does not end in time after SIGTERM, and ends with 70', async () => {
    await using launched = launch('--task', 'wait')
    await launched.line((line) => line.includes('"working"'), 'the task')
    launched.signal('SIGTERM')
    expect(await launched.exited()).toEqual({ code: 70, signal: null })
  })

  it('ends with 78 when the configuration is wrong, as the service would', async () => {
    await using launched = launch('--task', 'succeed', '--set', 'http.port=abc')
    expect(await launched.exited()).toEqual({ code: 78, signal: null })
  })
})
