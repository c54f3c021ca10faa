/** Every error code of this package: what it means and what to do. Source of docs/reference/errors.md. */
export const configEtcdErrors = {
  KEELSON_ETCD_OPTIONS_INVALID:
    'An option of `createEtcdSource` is unknown, of the wrong type or out of range. Correct the option that the message names.',
  KEELSON_ETCD_UNAVAILABLE:
    'etcd could not be asked: refused, no answer in time, or TLS. The message tells which; look at the endpoint that it names.',
  KEELSON_ETCD_ACCESS_DENIED:
    'etcd does not accept the user and password, or the user may not read the prefix of the service. Correct the credentials, or grant the role read on both prefixes.',
} as const

/** Code of an error thrown by this package. */
export type ConfigEtcdErrorCode = keyof typeof configEtcdErrors
