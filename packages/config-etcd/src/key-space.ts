import type { SourceEntry } from '@keelson/config'

/** Where the keys of a service are in etcd. Both prefixes end with a slash. */
export interface KeySpace {
  /** `/<org>/<env>/_shared/` */
  readonly shared: string
  /** `/<org>/<env>/<service>/` */
  readonly service: string
}

/** A key of etcd and its value. */
export interface EtcdEntry {
  readonly key: string
  readonly text: string
  /** Revision of etcd at which the value was written. */
  readonly modRevision: string
}

/** Characters of one segment; those that need no quoting in a shell, a role or a path. */
export const segmentPattern: RegExp = /^[A-Za-z0-9._-]+$/

/** The prefixes of a service. DESIGN §3.1. */
export function keySpace(org: string, env: string, service: string): KeySpace {
  return { shared: `/${org}/${env}/_shared/`, service: `/${org}/${env}/${service}/` }
}

/**
 * Turns what etcd holds under a prefix into entries of the configuration: `/acme/prod/catalog/db/port` → `db.port`.
 *
 * @returns the entries, and the keys of etcd that cannot be a key of a configuration
 */
export function sourceEntries(
  prefix: string,
  found: readonly EtcdEntry[],
): { readonly entries: readonly SourceEntry[]; readonly strange: readonly string[] } {
  const entries: SourceEntry[] = []
  const strange: string[] = []
  for (const { key, text, modRevision } of found) {
    const path = key.slice(prefix.length)
    // One key a leaf, its levels by slashes: a dot inside a level would make two ways to write one key.
    if (/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/.test(path)) {
      entries.push({ key: path.replaceAll('/', '.'), text, origin: `etcd ${key}@rev ${modRevision}` })
    } else {
      strange.push(key)
    }
  }
  return { entries, strange }
}
