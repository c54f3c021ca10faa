/**
 * Reads the search list of a `resolv.conf`: the domains that a name without a trailing dot is tried in. The last `search` or
 * `domain` line counts, as resolv.conf(5) says.
 *
 * @param text contents of the file
 * @returns domains in lower case without trailing dots, in the order in which they are tried
 */
export function searchDomainsOf(text: string): readonly string[] {
  let domains: readonly string[] = []
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/)
    if (keyword === 'search' || keyword === 'domain') domains = values.map(plainDomain)
  }
  return domains.filter((domain) => domain !== '')
}

function plainDomain(domain: string): string {
  return domain.toLowerCase().replace(/\.$/, '')
}
