/** Rows of text under a header; the first column names the row. */
export interface Table {
  readonly title: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Writes a table for a terminal or, with `markdown`, for a page. Figures are aligned to the right. */
export function renderTable({ title, header, rows }: Table, markdown: boolean): string {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => cell(row, column).length)),
  )
  const lines = [header, ...rows].map((row) =>
    widths.map((width, column) =>
      column === 0 ? cell(row, 0).padEnd(width) : cell(row, column).padStart(width),
    ),
  )
  const rules = widths.map((width) => '-'.repeat(width))
  if (!markdown) return [title, '', ...lines.map((line) => line.join('   '))].join('\n')
  const [head = [], ...body] = lines
  const ruled = [head, rules.map((rule, column) => (column === 0 ? rule : `${rule.slice(1)}:`)), ...body]
  return [`**${title}**`, '', ...ruled.map((line) => `| ${line.join(' | ')} |`)].join('\n')
}

function cell(row: readonly string[], column: number): string {
  return row[column] ?? ''
}
