import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bundlePackage, entriesOf } from '../../scripts/bundle-package.ts'

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
