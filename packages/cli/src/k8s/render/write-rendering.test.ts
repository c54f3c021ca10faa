import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeRendering, type FileOutcome, type WriteOptions } from './write-rendering.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keelson-render-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

function write(
  text: string,
  edited: WriteOptions['edited'] = 'report',
  dryRun = false,
): FileOutcome['what'] | undefined {
  return writeRendering([{ path: 'base/a.yaml', text }], { folder, edited, dryRun })[0]?.what
}

const file = () => join(folder, 'base/a.yaml')
const edit = (text: string) => writeFileSync(file(), text)
const content = () => readFileSync(file(), 'utf8')

describe('writeRendering', () => {
  it('writes what is new, and what has changed since the last rendering', () => {
    expect([write('one'), write('one'), write('two'), content()]).toEqual(['new', 'same', 'changed', 'two'])
  })

  it('keeps an edited file, without a word of conflict while the rendering stays as it was', () => {
    write('one')
    edit('mine')
    expect([write('one'), content()]).toEqual(['kept', 'mine'])
  })

  it('reports an edited file whose rendering has changed, until it is taken or agreed to', () => {
    write('one')
    edit('mine')
    expect([write('two'), write('two'), content()]).toEqual(['conflict', 'conflict', 'mine'])
    expect([write('two', 'accept'), write('two'), content()]).toEqual(['conflict', 'kept', 'mine'])
    expect([write('three'), write('three', 'overwrite'), content()]).toEqual(['conflict', 'changed', 'three'])
    expect(write('three')).toBe('same')
  })

  it('sees that an edit came to the same as the new rendering', () => {
    write('one')
    edit('two')
    expect([write('two'), write('three')]).toEqual(['same', 'changed'])
  })

  it('does not bring back by itself what was taken away', () => {
    write('one')
    rmSync(file())
    expect([write('one'), write('two'), existsSync(file())]).toEqual(['kept', 'conflict', false])
    expect([write('two', 'overwrite'), content()]).toEqual(['changed', 'two'])
  })

  it('never writes over a file that it did not make, nor over one of the user', () => {
    write('x')
    writeFileSync(join(folder, 'base/b.yaml'), 'mine')
    const files = [
      { path: 'base/b.yaml', text: 'rendered' },
      { path: 'config.env', text: '# yours\n', isUsers: true },
    ]
    const options = { folder, edited: 'report', dryRun: false } as const
    expect(writeRendering(files, options).map(({ what }) => what)).toEqual(['conflict', 'new'])
    writeFileSync(join(folder, 'config.env'), 'A=1\n')
    expect(writeRendering(files, { ...options, edited: 'overwrite' }).map(({ what }) => what)).toEqual([
      'changed',
      'same',
    ])
    expect(readFileSync(join(folder, 'config.env'), 'utf8')).toBe('A=1\n')
  })

  it('writes nothing when it is only asked', () => {
    expect([write('one', 'report', true), existsSync(file())]).toEqual(['new', false])
    write('one')
    expect([write('two', 'report', true), content()]).toEqual(['changed', 'one'])
  })
})
