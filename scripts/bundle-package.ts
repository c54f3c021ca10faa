// Writes the JavaScript of the package in the working directory: one file for each of its entries, parts that entries
// share or load late in `dist/chunks`. Node spends about half a millisecond on every module that it loads, and a service
// loads some two hundred of ours: docs/decisions/0004. Types are written by `tsc -b` before.
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { rolldown, type OutputOptions } from 'rolldown'
import { isCommand } from './repository.ts'

/** What of a package's manifest says what its entries are. */
export interface EntryManifest {
  readonly exports?: Readonly<Record<string, unknown>>
  readonly bin?: Readonly<Record<string, string>>
}

/** Entries by the format of their file: name below `dist` without ending → source. */
export interface Entries {
  readonly esm: Readonly<Record<string, string>>
  readonly cjs: Readonly<Record<string, string>>
}

/** Reads the entries from `exports` and `bin`. A source stands at the same place below `src`, whatever its ending in `dist`. */
export function entriesOf({ exports = {}, bin = {} }: EntryManifest): Entries {
  const esm: Record<string, string> = {}
  const cjs: Record<string, string> = {}
  const files = [...Object.values(exports).flatMap(defaultOf), ...Object.values(bin)]
  for (const file of files) {
    const match = /^\.\/dist\/(.+)\.(c?)js$/.exec(file)
    if (match === null) continue
    const [, name = '', common] = match
    const entries = common === 'c' ? cjs : esm
    entries[name] = `./src/${name}.ts`
  }
  return { esm, cjs }
}

function defaultOf(entry: unknown): string[] {
  if (typeof entry !== 'object' || entry === null || !('default' in entry)) return []
  return typeof entry.default === 'string' ? [entry.default] : []
}

async function write(
  folder: string,
  input: Readonly<Record<string, string>>,
  output: OutputOptions,
): Promise<void> {
  if (Object.keys(input).length === 0) return
  const bundle = await rolldown({
    cwd: folder,
    input: { ...input },
    platform: 'node',
    // Whatever is not ours by a relative path stays an import: every package is bundled by itself.
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  })
  await bundle.write({ dir: join(folder, 'dist'), sourcemap: true, minify: false, ...output })
  await bundle.close()
}

/**
 * Writes the pages of a package, which a command serves to browsers: a folder `src/…/page` with `index.html` and `main.ts`
 * becomes `dist/…/page` with one small script.
 *
 * @param output folder in place of `dist`
 */
export async function writePages(folder: string, output: string = join(folder, 'dist')): Promise<void> {
  for (const html of globSync('src/**/page/index.html', { cwd: folder })) {
    const source = join(folder, dirname(html))
    const target = join(output, relative('src', dirname(html)))
    mkdirSync(target, { recursive: true })
    for (const file of globSync('*.{html,css,svg}', { cwd: source })) {
      copyFileSync(join(source, file), join(target, file))
    }
    const bundle = await rolldown({ cwd: source, input: { main: './main.ts' }, platform: 'browser' })
    await bundle.write({
      dir: target,
      format: 'esm',
      minify: true,
      sourcemap: false,
      entryFileNames: '[name].js',
    })
    await bundle.close()
  }
}

/** Bundles the package in a folder. */
export async function bundlePackage(folder: string): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as EntryManifest // our own
  const { esm, cjs } = entriesOf(manifest)
  for (const file of globSync('dist/**/*.{js,cjs,js.map,cjs.map}', { cwd: folder }))
    rmSync(join(folder, file))
  await write(folder, esm, {
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  })
  await write(folder, cjs, { format: 'cjs', entryFileNames: '[name].cjs' })
  await writePages(folder)
}

if (isCommand(import.meta.url)) await bundlePackage(process.cwd())
