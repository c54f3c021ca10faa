export { configEtcdErrors, type ConfigEtcdErrorCode } from './errors.ts'
export { createEtcdSource, etcdSourceDefaults, type EtcdSourceOptions } from './etcd-source.ts'
