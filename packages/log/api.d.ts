// Public API of @keelson/log. Generated: npm run api

// @keelson/log

export type AddressLookup = (host: string) => Promise<readonly ReceiverAddress[]>;
export interface GelfAdapter {
    send(message: string, callback?: (error?: Error, bytes?: number) => void): void;
    stats(): GelfShippingStats;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export interface GelfAdapterOptions {
    readonly url: string;
    readonly ca?: string;
    readonly caFile?: string;
    readonly compression?: GelfCompression;
    readonly maxQueueCount?: number;
    readonly maxQueueBytes?: number;
    readonly closeTimeoutMs?: number;
    readonly onDropped?: (reason: string, count: number) => void;
    readonly onShipped?: (shipped: GelfShipped) => void;
    readonly clock?: Clock;
    readonly random?: () => number;
    readonly lookup?: AddressLookup;
}
export type GelfCompression = 'none' | 'gzip' | 'zlib';
export interface GelfShipped {
    readonly isConnected: boolean;
    readonly count: number;
    readonly bytes: number;
}
export interface GelfShippingStats {
    readonly sentCount: number;
    readonly sentBytes: number;
    readonly dropped: Readonly<Record<string, number>>;
    readonly truncatedCount: number;
    readonly connectionCount: number;
    readonly queuedCount: number;
    readonly queuedBytes: number;
    readonly isConnected: boolean;
}
export interface LevelScope {
    readonly module?: string;
    readonly forMs?: number;
}
export interface Log {
    readonly logger: Logger;
    forContext(context: RequestContext, logger?: Logger): Logger;
    accessLine(method: string, route: string | undefined): (record: AccessRecord) => void;
    readonly level: LogLevel;
    setLevel(level: LogLevel, scope?: LevelScope): void;
    setLevels(levels: Readonly<Record<string, LogLevel>>): void;
    setSampleRatio(ratio: number): void;
    setBurstLimit(count: number | undefined): void;
    module(name: string): Logger;
    maskValues(values: readonly string[]): void;
    adoptChannels(): () => void;
    captureConsole(): () => void;
    flush(): void;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export interface LogDestination {
    write(line: string): void;
    flush?(): void;
    close?(): Promise<void>;
}
export type LogErrorCode = keyof typeof logErrors;
export type LogFormat = 'gelf' | 'gelf-collector' | 'pretty';
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export interface LogOptions {
    readonly service: string;
    readonly version?: string | undefined;
    readonly env?: string | undefined;
    readonly pod?: string | undefined;
    readonly node?: string | undefined;
    readonly host?: string | undefined;
    readonly level?: LogLevel;
    readonly levels?: Readonly<Record<string, LogLevel>>;
    readonly sampleRatio?: number;
    readonly burstLimitCount?: number;
    readonly format?: LogFormat;
    readonly colour?: boolean;
    readonly fields?: Readonly<Record<string, unknown>>;
    readonly redactKeys?: readonly string[];
    readonly redactPaths?: readonly string[];
    readonly maskedValues?: readonly string[];
    readonly serializers?: Readonly<Record<string, (value: unknown) => unknown>>;
    readonly mixin?: () => object;
    readonly slowRequestMs?: number;
    readonly destination?: LogDestination;
    readonly shipping?: LogShipping;
    readonly clock?: Clock;
}
export interface LogShipping {
    readonly url: string;
    readonly ca?: string;
    readonly caFile?: string;
    readonly compression?: GelfCompression;
}
export { Logger }
export interface OutputSystem {
    write(data: Uint8Array, length: number): number;
    wait(durationMs: number): void;
    close(): void;
}
export interface PrettyOptions {
    readonly colour?: boolean;
}
export interface ReceiverAddress {
    readonly address: string;
    readonly family: number;
}
export interface StdoutDestinationOptions {
    readonly maxQueueBytes?: number;
    readonly onDropped?: (reason: string, count: number) => void;
    readonly clock?: Clock;
    readonly system?: OutputSystem;
}
export function createGelfAdapter(options: GelfAdapterOptions): GelfAdapter;
export function createLog(options: LogOptions): Log;
export function createStdoutDestination(options?: StdoutDestinationOptions): LogDestination;
export function formatPretty(line: string, options?: PrettyOptions): string;
export const gelfAdapterDefaults: Readonly<{
    compression: GelfCompression;
    maxQueueCount: number;
    maxQueueBytes: number;
    closeTimeoutMs: number;
}>;
export const logDefaults: Readonly<{
    level: LogLevel;
    format: LogFormat;
    colour: boolean;
    slowRequestMs: number;
    sampleRatio: number;
    redactKeys: readonly string[];
}>;
export const logErrors: {
    readonly KEELSON_LOG_OPTIONS_INVALID: string;
    readonly KEELSON_LOG_GELF_PRO_MISSING: string;
};
export function logger(module?: string): Logger;
export const stdoutDestinationDefaults: Readonly<{
    maxQueueBytes: number;
}>;
