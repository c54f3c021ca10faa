export {
  createOpsHandler,
  opsPaths,
  type MetricsPage,
  type OpsHandler,
  type OpsOptions,
} from './ops-handler.ts'
export { startOpsServer, type OpsServer, type OpsServerOptions } from './ops-server.ts'
