export { createLog, type Log } from './log.ts'
export { logger } from './ambient-logger.ts'
export { logDefaults, type LogFormat, type LogLevel, type LogOptions } from './log-options.ts'
export type { LevelScope } from './levels.ts'
export type { Logger } from './pino-adapter.ts'
export type { LogDestination } from './destination.ts'
export {
  createStdoutDestination,
  stdoutDestinationDefaults,
  type StdoutDestinationOptions,
} from './stdout-destination.ts'
export type { OutputSystem } from './stdout-system.ts'
export { formatPretty, type PrettyOptions } from './pretty.ts'
export { logErrors, type LogErrorCode } from './errors.ts'
export type { LogShipping } from './shipping/shipper.ts'
export {
  createGelfAdapter,
  gelfAdapterDefaults,
  type GelfAdapter,
  type GelfAdapterOptions,
  type GelfCompression,
  type GelfShipped,
} from './shipping/gelf-adapter.ts'
export type { GelfShippingStats } from './shipping/shipping-counts.ts'
export type { AddressLookup, ReceiverAddress } from './shipping/target-address.ts'
