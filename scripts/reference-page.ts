// Pages of docs/reference/ are generated: a check compares them, `--write` writes them.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readText } from './repository.ts'

/** Writes a generated file, or says that what is there differs from what would be written. */
export function compareOrWrite(
  root: string,
  file: string,
  text: string,
  { write, command }: { readonly write: boolean; readonly command: string },
): readonly string[] {
  if (existsSync(join(root, file)) && readText(root, file) === text) return []
  if (!write) return [`${file} is out of date: run \`${command}\` and look at the difference`]
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
  return []
}

/** A Markdown table; pipes in cells are escaped. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, headings.map(() => '---'), ...rows]
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('')
}
