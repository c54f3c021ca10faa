export { startCuttingProxy, type CuttingProxy } from './cutting-proxy.ts'
export {
  startEtcd,
  startEtcdCluster,
  type EtcdFixture,
  type EtcdFixtureOptions,
} from './etcd-fixture.ts'
export { createFakeClock, type FakeClock } from './fake-clock.ts'
export { startProcess, type ProcessEnd, type ProcessOptions, type TestProcess } from './process-harness.ts'
export { startPostgres } from './postgres-fixture.ts'
export { startRabbitmq } from './rabbitmq-fixture.ts'
export { startRedis } from './redis-fixture.ts'
export type { ServerFixture } from './server-fixture.ts'
export { checkGelfLine } from './gelf-check.ts'
export {
  startGelfReceiver,
  type GelfReceiver,
  type GelfReceiverOptions,
  type ReceivedGelf,
} from './gelf-receiver.ts'
export {
  requireServer,
  serverPackages,
  type ServerAvailability,
  type ServerBinary,
} from './require-server.ts'
export {
  createFaultServer,
  type FaultBehaviour,
  type FaultDecision,
  type FaultRequest,
  type FaultServer,
} from './fault-server.ts'
export { createTestLogger, type ExpectedLine, type TestLogger } from './test-logger.ts'
