import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identify, isRunning } from './process-identity.ts'
import { claimSlot } from './slot.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keelson-slot-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const lockPath = () => join(directory, 'life.lock')

describe('claimSlot', () => {
  it('gives each process a place of its own, and a place that was given back to the next', () => {
    const first = claimSlot(directory, 'life')
    const second = claimSlot(directory, 'life')
    expect([first?.number, second?.number]).toEqual([1, 2])
    first?.release()
    expect(claimSlot(directory, 'life')?.base).toBe(join(directory, 'life'))
  })

  it.each([
    ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, startTicks: '1' })],
    // Process 1 of the container before and of this one have the same number.
    ['of an earlier process with the same number', JSON.stringify({ pid: process.pid, startTicks: '1' })],
    ['of this number, where nothing more is known', JSON.stringify({ pid: process.pid })],
  ])('takes over the lock %s', (_whose, text) => {
    writeFileSync(lockPath(), text)
    expect(claimSlot(directory, 'life')?.number).toBe(1)
    expect(JSON.parse(readFileSync(lockPath(), 'utf8'))).toEqual(identify(process.pid))
    expect(readdirSync(directory)).toEqual(['life.lock'])
  })

  it.each(['', 'garbage', '{"pid":"x"}'])('takes over an unreadable lock once it is old: %j', (text) => {
    writeFileSync(lockPath(), text)
    // Its owner may be about to write its name.
    expect(claimSlot(directory, 'life')?.number).toBe(2)
    utimesSync(lockPath(), 1, 1)
    expect(claimSlot(directory, 'life')?.number).toBe(1)
  })

  it('goes on without a lock where none can be written, and says why', () => {
    const slot = claimSlot(join(directory, 'missing'), 'life')
    expect(slot).toMatchObject({ number: 1, error: { code: 'ENOENT' } })
    slot?.release()
  })

  it('ends when every place is taken', () => {
    for (let count = 0; count < 32; count++) claimSlot(directory, 'life')
    expect(claimSlot(directory, 'life')).toBeUndefined()
  })

  it('lets nobody else read the lock', () => {
    claimSlot(directory, 'life')
    expect(statSync(lockPath()).mode & 0o777).toBe(0o600)
  })
})

describe('isRunning', () => {
  it('knows this process, and that the same number at another time is another', () => {
    const own = identify(process.pid)
    expect(isRunning(own)).toBe(true)
    if (own.startTicks !== undefined) expect(isRunning({ ...own, startTicks: '1' })).toBe(false)
  })
})
