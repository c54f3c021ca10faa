export { runCommandLine } from './command-line.ts'
export type { CommandEntry, CommandIo, CommandModule } from './command.ts'
export { cliErrors, type CliErrorCode } from './errors.ts'
export { cliExitCodes } from './exit-codes.ts'
export { completeContract, readContractFile } from './verify/contract.ts'
export type { Contract, ContractFile, ContractPaths, Profile, Waiver } from './verify/contract.ts'
export { verify, type VerifyOptions, type VerifyResult, type VerifyTarget } from './verify/verify.ts'
export type { CheckOutcome } from './verify/judge.ts'
export type {
  LoadEvidence,
  LostRequest,
  ProbeSample,
  StopEvidence,
} from './verify/evidence.ts'
export type { HttpAnswer, HttpFailure, HttpResult } from './verify/http-call.ts'
