export { KeelsonError, isKeelsonError, type KeelsonErrorOptions } from './keelson-error.ts'
export { checkOptions, optionRules, type NumberBounds, type OptionRule } from './check-options.ts'
export { nearest } from './nearest.ts'
export { coreErrors, type CoreErrorCode } from './errors.ts'
