import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startProcess, type TestProcess } from '@keelson/testing'
import { describe, expect, it } from 'vitest'

type Block = 'no' | 'loop' | 'native'
type End = 'signal' | 'stuck' | 'throw' | 'exit'

function live(block: Block, end: End, nodeArgs: readonly string[] = []): TestProcess {
  return startProcess({
    command: [
      process.execPath,
      '--conditions=keelson-source',
      ...nodeArgs,
      fileURLToPath(new URL('./fixtures/ending-service.ts', import.meta.url)),
      block,
      end,
    ],
  })
}

/** What the service was told of its stall. */
async function stackOf(life: TestProcess): Promise<string> {
  const line = await life.line((text) => text.startsWith('{"stack"'), 'the stack')
  return (JSON.parse(line) as { stack: string }).stack // the fixture's own
}

/** Ends it the way that it was started for. */
async function endOf(life: TestProcess, end: End): Promise<number | null> {
  await life.line((line) => line === 'ready', 'its readiness')
  if (end === 'signal' || end === 'stuck') life.signal('SIGTERM')
  if (end === 'stuck') {
    await life.line((line) => line === 'stopping', 'the stop')
    life.signal('SIGTERM')
  }
  return (await life.exited()).code
}

const codes: Readonly<Record<End, number>> = { signal: 0, stuck: 143, throw: 1, exit: 3 }

describe('takeMainStack', () => {
  // Node writes "Waiting for the debugger to disconnect..." when a session of another thread is open at the end.
  it.each([
    ['no', 'signal'],
    ['no', 'stuck'],
    ['no', 'throw'],
    ['no', 'exit'],
    ['loop', 'signal'],
    ['loop', 'stuck'],
    ['loop', 'throw'],
    ['loop', 'exit'],
    ['native', 'signal'],
    ['native', 'exit'],
  ] as const)(
    'leaves nothing that is said at the end of the process (stall: %s, end: %s)',
    async (block, end) => {
      await using life = live(block, end)
      if (block !== 'no') {
        const expected =
          block === 'loop' ? /at spin \(.*ending-service\.ts:\d+:\d+\)/ : /blocked in native code/
        expect(await stackOf(life)).toMatch(expected)
      }
      expect(await endOf(life, end)).toBe(codes[end])
      expect(life.stderr).toEqual([])
    },
  )

  it.each(['no', 'loop'] as const)(
    'does not keep a process with an open inspector from its end (stall: %s)',
    async (block) => {
      await using life = live(block, 'exit', ['--inspect=127.0.0.1:0'])
      expect(await endOf(life, 'exit')).toBe(3)
      expect(life.stderr.filter((line) => line.startsWith('Waiting'))).toEqual([])
    },
  )

  it('leaves a main thread alone that somebody holds in a debugger, and says so', async () => {
    await using life = live('no', 'signal', ['--inspect=127.0.0.1:0'])
    await life.line((line) => line === 'ready', 'its readiness')
    const address = life.stderr.join('\n').match(/ws:\S+/)?.[0]
    const person = new WebSocket(address ?? '')
    await once(person, 'open')
    let id = 0
    const heard = (text: string) =>
      new Promise<string>((resolve) => {
        person.addEventListener('message', ({ data }) => {
          if (String(data).includes(text)) resolve(String(data))
        })
      })
    const ask = async (method: string): Promise<unknown> => {
      const answer = heard(`"id":${++id},`)
      person.send(JSON.stringify({ id, method }))
      return JSON.parse(await answer)
    }
    const paused = heard('"Debugger.paused"')
    await ask('Debugger.enable')
    await ask('Debugger.pause')
    await paused
    await life.line((line) => line === 'The main thread is held in a debugger.', 'the line of the stall')
    // A thread that was let go is on its way by the time of the last of these, and refuses to be let go again.
    for (let round = 0; round < 3; round++) await ask('Runtime.getIsolateId')
    expect(await ask('Debugger.resume')).toMatchObject({ result: {} })
    expect(await stackOf(life)).toContain('held in a debugger')
    person.close()
    await once(person, 'close')
    expect(await endOf(life, 'signal')).toBe(0)
  })
})
