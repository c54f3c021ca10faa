// Public API of @keelson/config. Generated: npm run api

// @keelson/config

export interface Config<Schema> {
    readonly current: ConfigValues<Schema>;
    readonly environment: string;
    readonly production: boolean;
    readonly revision: number;
    readonly hash: string;
    readonly warnings: readonly string[];
    readonly pendingKeys: readonly string[];
    explain(key: string): Explanation;
    subscribe<Key extends ConfigKey<Schema>>(key: Key, listener: (next: ConfigValueAt<Schema, Key>, previous: ConfigValueAt<Schema, Key>) => void): () => void;
    toRedacted(): Readonly<Record<string, RedactedValue>>;
    sensitiveValues(): readonly string[];
    sensitiveVariables(): readonly string[];
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export type ConfigErrorCode = keyof typeof configErrors;
export interface ConfigFault {
    readonly key: string;
    readonly value?: string | undefined;
    readonly problem: string;
    readonly origin: string;
    readonly suggestion: string;
    readonly missing?: boolean;
}
export type ConfigKey<Schema> = string extends keyof Schema ? string : {
    [Key in keyof Schema & string]: IsLeaf<Schema[Key]> extends true ? Key : Key | `${Key}.${ConfigKey<Schema[Key]>}`;
}[keyof Schema & string];
export interface ConfigOptions<Schema extends ConfigSchema> {
    readonly service: string;
    readonly schema: Schema;
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly argv?: readonly string[];
    readonly cwd?: string;
    readonly directory?: string;
    readonly sources?: readonly ConfigSource[] | ((context: SourceContext) => readonly ConfigSource[] | Promise<readonly ConfigSource[]>);
    readonly sourceTimeoutMs?: number;
    readonly snapshotFile?: SnapshotFileOptions | ((context: SourceContext) => SnapshotFileOptions | undefined);
    readonly precedence?: Precedence;
    readonly refine?: Refine<Schema>;
    readonly formats?: Readonly<Record<string, CustomFormat>>;
    readonly emptyIsUnset?: boolean;
    readonly production?: boolean;
    readonly clock?: Clock;
}
export interface ConfigSchema {
    readonly [key: string]: LeafSchema | ConfigSchema;
}
export interface ConfigSource {
    readonly name: string;
    readonly required?: boolean | 'snapshot';
    load(signal: AbortSignal): Promise<SourceSnapshot>;
    watch?(listener: SourceListener): void;
    close(): Promise<void>;
}
export type ConfigValueAt<Schema, Key extends string> = string extends keyof Schema ? unknown : Key extends keyof Schema ? IsLeaf<Schema[Key]> extends true ? LeafValue<Schema[Key]> : ConfigValues<Schema[Key]> : Key extends `${infer Head}.${infer Rest}` ? Head extends keyof Schema ? ConfigValueAt<Schema[Head], Rest> : never : never;
export type ConfigValues<Schema> = {
    readonly [Key in keyof Schema]: IsLeaf<Schema[Key]> extends true ? LeafValue<Schema[Key]> : ConfigValues<Schema[Key]>;
};
export interface CustomFormat {
    readonly validate: (value: unknown) => void;
    readonly coerce?: (text: string) => unknown;
}
export interface Explanation extends LayerValue {
    readonly key: string;
    readonly doc: string | undefined;
    readonly format: string;
    readonly layers: readonly LayerValue[];
    readonly environmentNames: readonly string[];
    readonly reload: 'hot' | 'restart';
    readonly sensitive: boolean;
    readonly pinned: boolean;
    readonly shadowed: boolean;
    readonly pending: PendingValue | undefined;
}
export type Format = FormatName | (string & {}) | readonly (string | number | boolean)[] | FormatConstructor | FormatCheck | StandardSchema<unknown, unknown>;
export type FormatCheck = (value: unknown) => void;
export type FormatConstructor = StringConstructor | NumberConstructor | BooleanConstructor | ArrayConstructor | ObjectConstructor | RegExpConstructor;
export type FormatName = 'string' | 'integer' | 'int' | 'nat' | 'number' | 'boolean' | 'duration' | 'bytes' | 'url' | 'port' | 'regexp' | 'array' | 'map' | 'object' | '*';
export interface KeyDescription {
    readonly key: string;
    readonly doc: string | undefined;
    readonly format: string;
    readonly accepts: string;
    readonly values: readonly (string | number | boolean)[] | undefined;
    readonly default: unknown;
    readonly required: boolean;
    readonly nullable: boolean;
    readonly sensitive: boolean;
    readonly reload: 'hot' | 'restart';
    readonly sources: readonly SourceKind[];
    readonly environmentNames: readonly string[];
    readonly members: Readonly<Record<string, readonly string[]>>;
    readonly argument: string | undefined;
    readonly unit: string | undefined;
    readonly deprecated: string | undefined;
}
export type LayerName = 'default' | 'default-file' | 'environment-file' | 'local-file' | 'dotenv' | 'env' | 'mounted' | 'remote' | 'arg';
export interface LayerValue {
    readonly layer: string;
    readonly origin: string;
    readonly value: unknown;
}
export interface LeafSchema {
    readonly doc?: string;
    readonly format?: Format;
    readonly default?: unknown;
    readonly env?: string | readonly string[] | {
        readonly [member: string]: string | readonly string[];
    };
    readonly arg?: string;
    readonly sensitive?: boolean;
    readonly nullable?: boolean;
    readonly required?: boolean;
    readonly reload?: 'hot' | 'restart';
    readonly sources?: readonly SourceKind[];
    readonly items?: Format;
    readonly deprecated?: string;
    readonly unit?: string;
}
export interface LocalInspection {
    readonly environment: string;
    readonly production: boolean;
    readonly faults: readonly ConfigFault[];
    readonly warnings: readonly string[];
    readonly values: Readonly<Record<string, RedactedValue>>;
}
export type LocalInspectionOptions<Schema extends ConfigSchema> = Pick<ConfigOptions<Schema>, 'service' | 'schema' | 'env' | 'argv' | 'cwd' | 'directory' | 'formats' | 'refine' | 'production'>;
export interface PendingValue {
    readonly value: unknown;
    readonly origin: string;
}
export type Precedence = 'etcd-over-env' | 'env-over-etcd';
export interface RedactedValue {
    readonly value: unknown;
    readonly origin: string;
    readonly pending?: PendingValue;
}
export type Refine<Schema extends ConfigSchema> = (values: ConfigValues<Schema>) => readonly RefineFault<ConfigKey<Schema>>[] | undefined;
export interface RefineFault<Key extends string = string> {
    readonly key: Key;
    readonly problem: string;
    readonly suggestion?: string;
}
export class Secret<T> {
    #private;
    constructor(value: T);
    reveal(): T;
    toString(): string;
    toJSON(): string;
    [Symbol.toPrimitive](): string;
}
export interface SnapshotFileOptions {
    readonly directory: string;
    readonly maxAgeMs?: number;
}
export interface SourceContext {
    readonly service: string;
    readonly environment: string;
    readonly value: (key: string) => unknown;
}
export interface SourceEntry {
    readonly key: string;
    readonly text: string;
    readonly origin: string;
}
export type SourceKind = 'default' | 'file' | 'env' | 'remote' | 'arg';
export interface SourceLayer {
    readonly entries: readonly SourceEntry[];
    readonly unknownKeys: 'ignore' | 'warn';
}
export interface SourceListener {
    changed(snapshot: SourceSnapshot): void;
    reachable(up: boolean): void;
}
export interface SourceSnapshot {
    readonly revision: string;
    readonly layers: readonly SourceLayer[];
    readonly warnings?: readonly string[];
    readonly stale?: boolean;
}
export const configDefaults: {
    readonly directory: string;
    readonly sourceTimeoutMs: number;
    readonly precedence: Precedence;
    readonly emptyIsUnset: boolean;
};
export const configErrors: {
    readonly KEELSON_CONFIG_INVALID: string;
    readonly KEELSON_CONFIG_SCHEMA_INVALID: string;
    readonly KEELSON_CONFIG_OPTIONS_INVALID: string;
    readonly KEELSON_CONFIG_SOURCE_UNAVAILABLE: string;
    readonly KEELSON_CONFIG_KEY_UNKNOWN: string;
};
export function createConfig<const Schema extends ConfigSchema>(options: ConfigOptions<Schema>): Promise<Config<Schema>>;
export function describeSchema(schema: ConfigSchema, formats?: Readonly<Record<string, CustomFormat>>): readonly KeyDescription[];
export function environmentOf(env: Readonly<Record<string, string | undefined>>): string;
export function inspectLocal<const Schema extends ConfigSchema>(options: LocalInspectionOptions<Schema>): Promise<LocalInspection>;
export const layerOrder: {
    readonly [Name in Precedence]: readonly LayerName[];
};

// Not exported, but part of the types above.

interface NamedFormatValues {
    readonly string: string;
    readonly String: string;
    readonly integer: number;
    readonly int: number;
    readonly nat: number;
    readonly number: number;
    readonly Number: number;
    readonly boolean: boolean;
    readonly Boolean: boolean;
    readonly duration: number;
    readonly bytes: number;
    readonly url: string;
    readonly port: number;
    readonly regexp: RegExp;
    readonly RegExp: RegExp;
    readonly object: {
        readonly [key: string]: unknown;
    };
    readonly Object: {
        readonly [key: string]: unknown;
    };
    readonly '*': unknown;
}
type AnyFunction = FormatCheck | ((...args: never[]) => unknown);
type DeepReadonly<Value> = Value extends AnyFunction | Date | RegExp | URL ? Value : Value extends readonly unknown[] | object ? {
    readonly [Key in keyof Value]: DeepReadonly<Value[Key]>;
} : Value;
type FormatValue<Format, Leaf> = Format extends StandardLike ? DeepReadonly<StandardOutput<Format>> : Format extends readonly (infer Member)[] ? Member : Format extends 'array' | 'Array' | ArrayConstructor ? readonly ItemValue<Leaf>[] : Format extends 'map' ? {
    readonly [entry: string]: ItemValue<Leaf>;
} : Format extends keyof NamedFormatValues ? NamedFormatValues[Format] : Format extends StringConstructor ? string : Format extends NumberConstructor ? number : Format extends BooleanConstructor ? boolean : Format extends RegExpConstructor ? RegExp : Format extends ObjectConstructor ? NamedFormatValues['object'] : Leaf extends {
    readonly default: infer Default;
} ? Widen<Exclude<Default, null>> : unknown;
type IsLeaf<Node> = Node extends {
    readonly default: unknown;
} ? true : Node extends {
    readonly doc: string;
} ? true : Node extends {
    readonly format: string | readonly unknown[] | StandardLike | AnyFunction;
} ? true : false;
type ItemValue<Leaf> = Leaf extends {
    readonly items: infer Items;
} ? FormatValue<Items, object> : string;
type LeafValue<Leaf> = (Leaf extends {
    readonly sensitive: true;
} ? Secret<PresentValue<Leaf>> : PresentValue<Leaf>) | (Leaf extends {
    readonly nullable: true;
} ? null : never);
type PresentValue<Leaf> = Leaf extends {
    readonly format: infer Format;
} ? FormatValue<Format, Leaf> : Leaf extends {
    readonly default: infer Default;
} ? Widen<Exclude<Default, null>> : unknown;
type StandardLike = {
    readonly '~standard': Pick<StandardSchema['~standard'], 'version' | 'vendor'>;
};
type Widen<Value> = Value extends string ? string : Value extends number ? number : Value extends boolean ? boolean : Value extends readonly (infer Item)[] ? readonly Widen<Item>[] : Value extends object ? {
    readonly [Key in keyof Value]: Widen<Value[Key]>;
} : Value;
