import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Files by path; an object stands for its JSON. */
export type Tree = Readonly<Record<string, string | object>>

/** Writes a small repository to a temporary folder, which goes away with the test. */
export function createTree(files: Tree): string {
  const root = mkdtempSync(join(tmpdir(), 'keelson-tree-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return root
}

/** A workspace package of such a repository, with one source file. */
export function packageTree(folder: string, manifest: object, source: string, tag = 'part'): Tree {
  return {
    [`packages/${folder}/package.json`]: {
      name: `@fixture/${folder}`,
      version: '0.1.0',
      type: 'module',
      exports: {
        '.': { 'keelson-source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
      },
      ...manifest,
    },
    [`packages/${folder}/turbo.json`]: { extends: ['//'], tags: [tag] },
    [`packages/${folder}/src/index.ts`]: source,
  }
}
