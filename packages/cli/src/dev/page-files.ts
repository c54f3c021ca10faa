import { readFileSync, readdirSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One file of the page. */
export interface PageFile {
  readonly contentType: string
  readonly body: string
}

/** Content types of what a page is made of. */
const contentTypes = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const

/**
 * Reads the files of the page, by their paths: built ones beside the built command, else the sources, each module by itself
 * with its types taken out.
 */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const isSource = import.meta.url.endsWith('.ts')
  const folder = isSource ? fileURLToPath(new URL('page', import.meta.url)) : builtFolder()
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const files = new Map<string, PageFile>([
    ['/icon.svg', { contentType: contentTypes.svg, body: read('icon.svg') }],
    ['/page.css', { contentType: contentTypes.css, body: read('page.css') }],
    ['/', { contentType: contentTypes.html, body: htmlFor(read('index.html'), isSource) }],
  ])
  for (const name of readdirSync(folder)) {
    if (isSource && name.endsWith('.ts') && !name.endsWith('.test.ts')) {
      const body = nodeModule.stripTypeScriptTypes(read(name))
      files.set(`/${name}`, { contentType: contentTypes.js, body })
    }
  }
  if (!isSource) files.set('/main.js', { contentType: contentTypes.js, body: read('main.js') })
  return files
}

/** The built command is one file or one of its chunks; the package's own name leads to its root from both. */
function builtFolder(): string {
  const manifest = fileURLToPath(import.meta.resolve('@keelson/cli/package.json'))
  return join(dirname(manifest), 'dist', 'dev', 'page')
}

function htmlFor(text: string, isSource: boolean): string {
  return isSource ? text.replace('/main.js', '/main.ts') : text
}
