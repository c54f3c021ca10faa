import { isKeelsonError } from '../errors/index.ts'

/**
 * What the process ends with; the numbers of DESIGN §3.6. 69, 70, 75 and 78 are those of BSD's sysexits.h
 * (EX_UNAVAILABLE, EX_SOFTWARE, EX_TEMPFAIL, EX_CONFIG); 130 and 143 are 128 + the number of the signal.
 */
export const exitCodes = {
  /** Stopped in order; a signal during start-up too. */
  clean: 0,
  /** An uncaught error or an unhandled rejection. */
  uncaught: 1,
  /** The address to listen on is in use. */
  addressInUse: 69,
  /** Work was cut, or a closer left behind, because the grace period was over. */
  stoppedByDeadline: 70,
  /** The service ended itself in order to be started again. */
  restart: 75,
  /** The configuration is wrong, or its source cannot be reached. */
  configuration: 78,
  /** A second SIGINT. */
  secondSigint: 130,
  /** A second SIGTERM. */
  secondSigterm: 143,
} as const

/** The exit code for an error that ended the process, or kept it from starting. */
export function exitCodeOf(error: unknown): number {
  if (!isKeelsonError(error)) return exitCodes.uncaught
  if (error.code.startsWith('KEELSON_CONFIG_')) return exitCodes.configuration
  if (error.code === 'KEELSON_HTTP_ADDRESS_IN_USE') return exitCodes.addressInUse
  return exitCodes.uncaught
}
