/** Longer rows are cut: a program that never breaks its lines must not fill the memory. UTF-16 units. */
const maxRowLength = 1_048_576

/** Cuts an input into rows, without their line breaks. UTF-8; characters may lie across pieces. */
export async function* splitRows(
  input: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of input) {
    rest += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true })
    const rows = rest.split('\n')
    rest = rows.pop() ?? ''
    for (const row of rows) yield withoutReturn(row)
    while (rest.length > maxRowLength) {
      yield rest.slice(0, maxRowLength)
      rest = rest.slice(maxRowLength)
    }
  }
  rest += decoder.decode()
  if (rest !== '') yield withoutReturn(rest)
}

function withoutReturn(row: string): string {
  return row.endsWith('\r') ? row.slice(0, -1) : row
}
