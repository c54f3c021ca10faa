import { fileURLToPath } from 'node:url'
import { startProcess } from '@keelson/testing'
import { describe, expect, it } from 'vitest'

describe('joinProcess', () => {
  it('ends with the code of the stop, although what the stop waits for holds nothing open', async () => {
    await using quiet = startProcess({
      command: [
        process.execPath,
        '--conditions=keelson-source',
        fileURLToPath(new URL('./fixtures/quiet-stop.ts', import.meta.url)),
      ],
    })
    await quiet.line((line) => line === 'ready', 'the start')
    quiet.signal('SIGTERM')
    expect(await quiet.exited()).toEqual({ code: 70, signal: null })
  })
})
