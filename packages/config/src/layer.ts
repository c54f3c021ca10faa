import type { ConfigFault } from './faults.ts'
import type { SourceKind } from './schema.ts'

/** Name of a layer, as `explain` shows it. */
export type LayerName =
  | 'default'
  | 'default-file'
  | 'environment-file'
  | 'local-file'
  | 'dotenv'
  | 'env'
  | 'mounted'
  | 'remote'
  | 'arg'

/** Which of environment and remote sources wins: see {@link layerOrder}. */
export type Precedence = 'etcd-over-env' | 'env-over-etcd'

/** The layers, low to high: a later one wins. DESIGN §3.1; the first is the house rule, the second what most others do. */
export const layerOrder: { readonly [Name in Precedence]: readonly LayerName[] } = {
  'etcd-over-env': [
    'default',
    'default-file',
    'environment-file',
    'local-file',
    'dotenv',
    'env',
    'mounted',
    'remote',
    'arg',
  ],
  'env-over-etcd': [
    'default',
    'default-file',
    'environment-file',
    'local-file',
    'remote',
    'dotenv',
    'env',
    'mounted',
    'arg',
  ],
}

/** The kind that a layer counts as in a key's `sources`. */
export const layerKind: { readonly [Name in LayerName]: SourceKind } = {
  default: 'default',
  'default-file': 'file',
  'environment-file': 'file',
  'local-file': 'file',
  dotenv: 'env',
  env: 'env',
  mounted: 'env',
  remote: 'remote',
  arg: 'arg',
}

/** A value as a layer holds it, before coercion. */
export type RawValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'json'; readonly value: unknown }

/** One key set by one layer. */
export interface Entry {
  /** Dotted key of a leaf. */
  readonly key: string
  /** Dotted path within a group under one Standard Schema; absent for the whole leaf. */
  readonly member?: string
  readonly layer: LayerName
  /** Where exactly: `config/production.json:14`, `env DB__PORT`, `etcd /acme/prod/catalog/db/port@rev 812`. */
  readonly origin: string
  readonly raw: RawValue
}

/** What reading one layer gave. */
export interface LayerReading {
  readonly entries: readonly Entry[]
  readonly faults: readonly ConfigFault[]
  readonly warnings: readonly string[]
}
