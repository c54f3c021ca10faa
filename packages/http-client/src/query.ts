/** What a query parameter can be; `undefined` leaves it out, a list repeats it. */
export type QueryValue = string | number | boolean | undefined | readonly (string | number | boolean)[]

/** Adds query parameters to a path, which may have some already. */
export function appendQuery(path: string, query: Readonly<Record<string, QueryValue>> | undefined): string {
  if (query === undefined) return path
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    if (typeof value === 'object') for (const item of value) search.append(name, String(item))
    else search.append(name, String(value))
  }
  const text = search.toString()
  if (text === '') return path
  return `${path}${path.includes('?') ? '&' : '?'}${text}`
}
