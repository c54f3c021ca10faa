import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runRender } from './render-command.ts'

let cwd = ''

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'keelson-render-'))
})

afterAll(() => {
  rmSync(cwd, { recursive: true })
})

describe('runRender', () => {
  it.each([
    [['--image', 'registry.example.org/x:1'], '--image'],
    [['--image', 'registry.example.org:5000/x@sha256:00'], '--image'],
    [['--image', 'Upper'], '--image'],
    [['--tag', 'latest'], '--tag'],
    [['--tag', 'a b'], '--tag'],
    [['--memory', 'much'], '--memory'],
    [['--cpu', '0'], '--cpu'],
    [['--overlay', 'prod'], '--overlay'],
    [['--overlay', '../x=production'], '--overlay'],
    [['--with', 'istio'], '--with'],
    [['--force', '--check'], '--force, --keep and --check'],
    [['--unknown'], '--unknown'],
    [['extra'], 'extra'],
  ])('refuses %j before it writes anything', async (args, named) => {
    const io = {
      out: () => {},
      err: () => {},
      outIsTerminal: false,
      errIsTerminal: false,
      env: {},
      cwd,
      signal: AbortSignal.abort(),
    }
    await expect(runRender(args, io)).rejects.toMatchObject({
      code: 'KEELSON_CLI_USAGE',
      message: expect.stringContaining(named),
    })
    expect(readdirSync(cwd)).toEqual([])
  })
})
