import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { repositoryRoot } from '../../scripts/repository.ts'
import { bundlePackage, entriesOf, writePages } from '../../scripts/bundle-package.ts'

const entry = (path: string) => ({ 'keelson-source': './src/x.ts', types: './dist/x.d.ts', default: path })

describe('entriesOf', () => {
  it('takes what exports and bin name below dist, by the format of the file', () => {
    expect(
      entriesOf({
        exports: {
          '.': entry('./dist/index.js'),
          './ops': entry('./dist/ops/index.js'),
          './worker': entry('./dist/ops/worker.cjs'),
          './package.json': './package.json',
        },
        bin: { tool: './dist/tool/main.js' },
      }),
    ).toEqual({
      esm: { index: './src/index.ts', 'ops/index': './src/ops/index.ts', 'tool/main': './src/tool/main.ts' },
      cjs: { 'ops/worker': './src/ops/worker.ts' },
    })
  })
})

describe('bundlePackage', () => {
  it('writes one file per entry, keeps what is loaded late apart, and removes what an earlier build left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keelson-bundle-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const write = (file: string, text: string) => {
      mkdirSync(join(folder, file, '..'), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    write('package.json', '{ "type": "module", "exports": { ".": { "default": "./dist/index.js" } } }')
    write(
      'src/index.ts',
      "import { one } from './one.ts'\nimport pino from 'pino'\nexport const sum: number = one + pino\nexport const late = () => import('./late.ts')\n",
    )
    write('src/one.ts', 'export const one: number = 1\n')
    write('src/late.ts', 'export const late: number = 2\n')
    write('dist/stale.js', '')
    await bundlePackage(folder)
    const index = readFileSync(join(folder, 'dist/index.js'), 'utf8')
    expect(index).toContain('from "pino"')
    expect(index).not.toContain('./one')
    expect(index).toMatch(/import\(["']\.\/chunks\/late-[^"']+\.js["']\)/)
    expect(existsSync(join(folder, 'dist/stale.js'))).toBe(false)
  })
})

describe('writePages', () => {
  it('writes the page of keelson dev as one script, a style and a frame, small and complete', async () => {
    const output = mkdtempSync(join(tmpdir(), 'keelson-page-'))
    onTestFinished(() => rmSync(output, { recursive: true }))
    await writePages(join(repositoryRoot, 'packages/cli'), output)
    const folder = join(output, 'dev/page')
    const files = readdirSync(folder)
    expect(files.toSorted()).toEqual(['icon.svg', 'index.html', 'main.js', 'page.css'])
    // 39 kB when this was written, without compression; a page for a developer's own machine needs no more.
    const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
    expect(bytes).toBeLessThan(48_000)
    const script = readFileSync(join(folder, 'main.js'), 'utf8')
    expect(script).not.toMatch(/\bimport\b/)
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/)
    expect(script).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/)
  })
})
