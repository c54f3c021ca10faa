export { configEtcdErrors, type ConfigEtcdErrorCode } from './errors.ts'
export {
  createEtcdSource,
  etcdSourceDefaults,
  type EtcdSourceOptions,
  type EtcdTlsFiles,
} from './etcd-source.ts'
