export { createFakeClock, type FakeClock } from './fake-clock.ts'
export { checkGelfLine } from './gelf-check.ts'
export {
  requireServer,
  serverPackages,
  type ServerAvailability,
  type ServerBinary,
} from './require-server.ts'
