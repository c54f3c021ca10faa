import { textOf } from './default-text.ts'
import type { KeyDescription } from './service-tools.ts'

/** A table of all keys, for a page of the service's documentation. */
export function markdownTable(service: string, keys: readonly KeyDescription[]): string {
  const rows = keys.map((key) => [
    `\`${key.key}\``,
    cell(key.format === 'enum' ? (key.values ?? []).map((value) => `\`${value}\``).join(', ') : key.format),
    key.required ? 'required' : key.default === null ? '' : `\`${cell(textOf(key.default)) || ' '}\``,
    [...key.environmentNames, ...Object.values(key.members).flat()].map((name) => `\`${name}\``).join(' '),
    [
      key.reload === 'hot' ? 'hot' : '',
      key.sensitive ? 'secret' : '',
      key.sources.includes('remote') ? '' : 'not from etcd',
    ]
      .filter((mark) => mark !== '')
      .join(', '),
    cell(
      [key.doc, key.unit && `Unit: ${key.unit}.`, key.deprecated && `Deprecated: ${key.deprecated}`]
        .filter(Boolean)
        .join(' '),
    ),
  ])
  const table = [
    ['key', 'format', 'default', 'environment', '', 'meaning'],
    rows[0]?.map(() => '---') ?? [],
    ...rows,
  ]
  return [
    `# Configuration of ${service}`,
    '',
    'Written by `keelson config docs`; do not change it by hand. A change of a key that is not hot takes effect at the next start.',
    '',
    ...table.map((row) => `| ${row.join(' | ')} |`),
    '',
  ].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')
}
