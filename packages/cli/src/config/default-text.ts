/** A default as the environment or etcd would hold it. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** The same on one line, for comments: a second line would not be one. */
export function textOnOneLine(value: unknown): string {
  return textOf(value).replaceAll('\n', '\\n')
}
