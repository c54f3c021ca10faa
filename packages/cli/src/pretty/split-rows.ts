/** Of longer rows the rest is left out: a program that never breaks its lines must not fill the memory. UTF-16 units. */
const maxRowLength = 1_048_576

/** Ends a row whose rest was left out. */
const cutMark = ' …'

/** Cuts an input into rows, without their line breaks. UTF-8; characters may lie across pieces. */
export async function* splitRows(
  input: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder()
  let rest = ''
  /** The beginning of the row was given already, and was as much as there may be: a further part would pass for a row. */
  let isCut = false
  for await (const piece of input) {
    rest += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true })
    const rows = rest.split('\n')
    rest = rows.pop() ?? ''
    for (const row of rows) {
      if (!isCut) yield shown(row)
      isCut = false
    }
    if (isCut || rest.length > maxRowLength) {
      if (!isCut) yield shown(rest)
      isCut = true
      rest = ''
    }
  }
  rest += decoder.decode()
  if (rest !== '' && !isCut) yield shown(rest)
}

function shown(row: string): string {
  if (row.length > maxRowLength) return row.slice(0, maxRowLength) + cutMark
  return row.endsWith('\r') ? row.slice(0, -1) : row
}
