import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPackages, readManifest } from './tarball.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'create-tarballs-'))
  pack('keelson', { '@keelson/core': '0.1.0', fastify: '^5.0.0' })
  pack('@keelson/core', {})
  pack('@keelson/testing', {})
  writeFileSync(join(folder, 'broken.tgz'), 'no gzip')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A ustar archive as `npm pack` writes it: another file first. */
function archive(files: Readonly<Record<string, string>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const header = Buffer.alloc(512)
    header.write(name, 0)
    header.write(text.length.toString(8).padStart(11, '0'), 124)
    const content = Buffer.alloc(Math.ceil(text.length / 512) * 512)
    content.write(text)
    return [header, content]
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}

function pack(name: string, dependencies: Readonly<Record<string, string>>): void {
  const manifest = JSON.stringify({ name, version: '0.1.0', dependencies })
  const file = `${name.replace('@', '').replace('/', '-')}-0.1.0.tgz`
  writeFileSync(
    join(folder, file),
    archive({ 'package/dist/index.js': 'x'.repeat(700), 'package/package.json': manifest }),
  )
}

describe('findPackages', () => {
  it('finds what is wanted and what that needs, and nothing else', () => {
    expect(findPackages(folder, ['keelson'])).toEqual([
      { name: '@keelson/core', version: '0.1.0', file: 'keelson-core-0.1.0.tgz', needs: [] },
      { name: 'keelson', version: '0.1.0', file: 'keelson-0.1.0.tgz', needs: ['@keelson/core', 'fastify'] },
    ])
  })

  it('says which tarball is missing', () => {
    expect(() => findPackages(folder, ['@keelson/cli'])).toThrow(
      expect.objectContaining({
        code: 'KEELSON_CREATE_PACKAGES_INCOMPLETE',
        message: expect.stringContaining('@keelson/cli'),
      }),
    )
  })
})

describe('readManifest', () => {
  it('gives nothing for what is no packed package', () => {
    expect(readManifest(Buffer.from('text'))).toBeUndefined()
    expect(readManifest(archive({ 'package/index.js': '' }))).toBeUndefined()
    expect(readManifest(gzipSync(Buffer.alloc(100, 'x')))).toBeUndefined()
  })
})
