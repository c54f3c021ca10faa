export { configErrors, type ConfigErrorCode } from './errors.ts'
export {
  configDefaults,
  createConfig,
  environmentOf,
  type Config,
  type ConfigOptions,
  type RedactedValue,
  type SourceContext,
} from './config.ts'
export type {
  ConfigSource,
  SourceEntry,
  SourceLayer,
  SourceListener,
  SourceSnapshot,
} from './config-source.ts'
export type { CustomFormat } from './compile-format.ts'
export { describeSchema, type KeyDescription } from './describe.ts'
export { inspectLocal, type LocalInspection, type LocalInspectionOptions } from './inspect.ts'
export type { Explanation, LayerValue, PendingValue } from './explain.ts'
export type { ConfigFault } from './faults.ts'
export { layerOrder, type LayerName, type Precedence } from './layer.ts'
export type { Refine, RefineFault } from './refine.ts'
export type {
  ConfigSchema,
  Format,
  FormatCheck,
  FormatConstructor,
  FormatName,
  LeafSchema,
  SourceKind,
} from './schema.ts'
export type { SnapshotFileOptions } from './snapshot-file.ts'
export { Secret } from './secret.ts'
export type { ConfigKey, ConfigValueAt, ConfigValues } from './values.ts'
