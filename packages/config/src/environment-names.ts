/**
 * Canonical environment name of a key: levels joined by two underscores, camelCase split by one, upper case.
 * `db.pool.maxSize` → `DB__POOL__MAX_SIZE`. One underscore between levels is not canonical, because Kubernetes sets
 * names like `REDIS_PORT` for every service it knows.
 */
export function environmentName(key: string): string {
  return key.split('.').map(environmentSegment).join('__')
}

/** One level of {@link environmentName}: `maxHTTPSockets` → `MAX_HTTP_SOCKETS`, `user-service` → `USER_SERVICE`. */
export function environmentSegment(segment: string): string {
  return segment
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/-/g, '_')
    .toUpperCase()
}

/** Names that every process finds set for other reasons; no key may have one as its canonical name. */
export const reservedEnvironmentNames: ReadonlySet<string> = new Set(
  (
    'PATH HOME USER LOGNAME SHELL PWD OLDPWD LANG TERM TZ MAIL EDITOR ' +
    'HOSTNAME TMPDIR DISPLAY NODE_ENV NODE_OPTIONS NODE_PATH APP_ENV CI'
  ).split(' '),
)
