import { isIP } from 'node:net'

/** Says which absolute names a host name of a cluster may stand for, the likeliest first; `undefined` when the system is to be asked. */
export type ClusterNames = (hostname: string) => readonly string[] | undefined

/**
 * Makes the reading of names inside a Kubernetes cluster, or nothing outside of one. kubelet writes the search list
 * `<namespace>.svc.<domain> svc.<domain> <domain> …` into every pod, together with `ndots:5`: a name with fewer than five dots is
 * tried in each of the domains before it is tried as it is (10,000 queries for 1,000 requests to a full name, 2026-11).
 *
 * - `catalog` is a service of the own namespace: `catalog.<namespace>.svc.<domain>`
 * - `catalog.prod` is one of the namespace `prod`, else a name in the domains of the list, else a public name
 * - `catalog.prod.svc` and every other name that ends in `.svc` are completed by `<domain>`
 * - a name that ends in `<domain>` or in a dot, and any other with two dots or more, is taken as it is, then searched
 *
 * @param searchDomains the search list of the pod
 * @param isLocal whether the system answers a name by itself (hosts file)
 */
export function clusterNames(
  searchDomains: readonly string[],
  isLocal: (hostname: string) => boolean,
): ClusterNames | undefined {
  const own = searchDomains.find((domain) => /^[^.]+\.svc\./.test(domain))
  if (own === undefined) return undefined
  const domain = own.replace(/^[^.]+\.svc\./, '')
  return (hostname) => {
    const name = hostname.toLowerCase()
    if (isIP(name) !== 0 || name === '' || /(^|\.)localhost\.?$/.test(name) || isLocal(name)) return undefined
    if (name.endsWith('.')) return [name.slice(0, -1)]
    if (name.endsWith(`.${domain}`)) return [name]
    if (name.endsWith('.svc')) return [`${name}.${domain}`]
    const searched = searchDomains.map((each) => `${name}.${each}`)
    const dotCount = name.split('.').length - 1
    if (dotCount === 0) return searched
    if (dotCount > 1) return [name, ...searched]
    return [...new Set([`${name}.svc.${domain}`, name, ...searched])]
  }
}
