import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecordFile } from './record-file.ts'

let directory = ''
let path = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keelson-record-'))
  path = join(directory, 'life.json')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('createRecordFile', () => {
  it('replaces at once and later, for its own user only', async () => {
    const file = createRecordFile(path)
    expect(file.read()).toBeUndefined()
    file.replace('one')
    expect(file.read()).toBe('one')
    await file.replaceLater('two')
    expect(file.read()).toBe('two')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('lets what is written at once win over what was begun before', async () => {
    const file = createRecordFile(path)
    const beat = file.replaceLater('heartbeat')
    file.replace('end')
    await beat
    expect(readFileSync(path, 'utf8')).toBe('end')
  })

  it('keeps one write under way, not a queue', async () => {
    const file = createRecordFile(path)
    const first = file.replaceLater('first')
    await file.replaceLater('second')
    await first
    expect(file.read()).toBe('first')
    await file.replaceLater('third')
    expect(file.read()).toBe('third')
  })

  it('goes on after a write that failed', async () => {
    const file = createRecordFile(join(directory, 'gone', 'life.json'))
    await expect(file.replaceLater('x')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(file.replaceLater('y')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('does not read what is too long for a record', () => {
    writeFileSync(path, 'x'.repeat(65_537))
    expect(() => createRecordFile(path).read()).toThrow(RangeError)
  })
})
