import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { byteLimit, judge, packageLimit, weigh } from '../../scripts/check-install.ts'
import { lintTarball, misplacedFiles } from '../../scripts/check-packages.ts'
import { runCommand } from '../../scripts/run-command.ts'
import { createTree, type Tree } from './tree.ts'

describe('misplacedFiles', () => {
  it('asks for licence and README, and refuses tests, sources and build state', () => {
    const files = [
      'package.json',
      'README.md',
      'dist/index.js',
      'dist/a.test.js',
      'dist/.tsbuildinfo',
      'src/index.ts',
      'templates/api/test/a.test.ts',
    ]
    expect(misplacedFiles({ packageName: 'a', files })).toEqual([
      'a: LICENSE is missing from the package',
      'a: dist/a.test.js does not belong in the package',
      'a: dist/.tsbuildinfo does not belong in the package',
      'a: src/index.ts does not belong in the package',
    ])
  })
})

describe('lintTarball', () => {
  const manifest = { name: 'fixture', version: '0.1.0', type: 'module', license: 'Apache-2.0' }
  const good = { '.': { types: './dist/index.d.ts', default: './dist/index.js' } }

  it('takes a package whose exports are there, with types', async () => {
    const tarball = await pack({
      'package.json': { ...manifest, exports: good },
      'dist/index.js': 'export const a = 1\n',
      'dist/index.d.ts': 'export declare const a: number\n',
    })
    expect(await lintTarball(tarball)).toEqual([])
  })

  it('hears of an export without a file from publint', async () => {
    const tarball = await pack({
      'package.json': { ...manifest, exports: { ...good, './b': './dist/b.js' } },
      'dist/index.js': 'export const a = 1\n',
      'dist/index.d.ts': 'export declare const a: number\n',
    })
    expect(await lintTarball(tarball)).toContainEqual(expect.stringContaining('publint refuses'))
  })

  it('hears of types that are wrong from attw', async () => {
    const tarball = await pack({
      'package.json': { ...manifest, exports: good },
      'dist/index.js': 'export const a = 1\n',
      'dist/index.d.ts': "export { a } from './gone.js'\n",
    })
    expect(await lintTarball(tarball)).toContainEqual(expect.stringContaining('attw refuses'))
  })
})

describe('weigh', () => {
  it('counts what npm installed and the bytes of its files', () => {
    const root = createTree({
      'node_modules/.package-lock.json': {
        packages: { 'node_modules/a': {}, 'node_modules/a/node_modules/b': {} },
      },
      'node_modules/a/index.js': '12345',
      'node_modules/a/node_modules/b/.hidden.js': '123',
    })
    const lockBytes = JSON.stringify({
      packages: { 'node_modules/a': {}, 'node_modules/a/node_modules/b': {} },
    }).length
    expect(weigh(root)).toEqual({ packageCount: 2, totalBytes: 8 + lockBytes })
  })
})

describe('judge', () => {
  it('takes the limits and refuses one more', () => {
    expect(judge({ packageCount: packageLimit, totalBytes: byteLimit }).problems).toEqual([])
    expect(judge({ packageCount: packageLimit + 1, totalBytes: byteLimit + 1 }).problems).toHaveLength(2)
  })
})

async function pack(files: Tree): Promise<{ packageName: string; path: string }> {
  const root = createTree({ 'README.md': '# Fixture\n', ...files })
  const { code, output } = await runCommand('npm', ['pack', '--ignore-scripts'], { cwd: root })
  if (code !== 0) throw new Error(output)
  return { packageName: 'fixture', path: join(root, 'fixture-0.1.0.tgz') }
}
