/**
 * Reads the names of a hosts file. The system answers them itself, without asking a name server.
 *
 * @param text contents of the file, hosts(5)
 * @returns names in lower case
 */
export function hostNamesOf(text: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const line of text.split('\n')) {
    const [entry = ''] = line.split('#', 1)
    const [, ...aliases] = entry.trim().split(/\s+/)
    for (const alias of aliases) names.add(alias.toLowerCase())
  }
  return names
}
