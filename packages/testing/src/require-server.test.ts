import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { requireServer } from './require-server.ts'

describe('requireServer', () => {
  const empty = mkdtempSync(join(tmpdir(), 'keelson-path-'))

  it('finds a program on the PATH it was given', () => {
    const folder = mkdtempSync(join(tmpdir(), 'keelson-path-'))
    writeFileSync(join(folder, 'groovy'), '#!/bin/sh\n', { mode: 0o755 })
    expect(requireServer('groovy', { PATH: folder })).toEqual({
      available: true,
      path: join(folder, 'groovy'),
      reason: undefined,
    })
  })

  it('does not take a file that cannot be executed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'keelson-path-'))
    writeFileSync(join(folder, 'groovy'), '', { mode: 0o644 })
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(requireServer('groovy', { PATH: folder }).available).toBe(false)
    stderr.mockRestore()
  })

  it('says on stderr what is missing and how to install it', () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const found = requireServer('groovy', { PATH: empty })
    expect(found.available).toBe(false)
    expect(found.reason).toContain('skipped: groovy is not installed; npm run setup')
    expect(stderr).toHaveBeenCalledExactlyOnceWith(`${found.reason}\n`)
    stderr.mockRestore()
  })

  it('throws instead of skipping when servers are required', () => {
    expect(() => requireServer('groovy', { PATH: empty, KEELSON_REQUIRE_SERVERS: '1' })).toThrow(
      'groovy is not installed',
    )
  })
})
