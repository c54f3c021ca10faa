// Public API of @keelson/http-client. Generated: npm run api

// @keelson/http-client

export interface Answer<Body> {
    readonly status: number;
    readonly headers: AnswerHeaders;
    readonly body: Body;
}
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;
export type BodyCall = <const Path extends string, Schema extends StandardSchema | undefined = undefined, Fallback = never>(path: Path, ...options: CallArguments<Path, BodyCallOptions<Schema, Fallback>>) => Promise<ResponseBody<Schema> | Fallback>;
export interface BodyCallOptions<Schema extends StandardSchema | undefined = undefined, Fallback = never> extends CallOptions<Schema, Fallback> {
    readonly body?: unknown;
}
export type Call = <const Path extends string, Schema extends StandardSchema | undefined = undefined, Fallback = never>(path: Path, ...options: CallArguments<Path, CallOptions<Schema, Fallback>>) => Promise<ResponseBody<Schema> | Fallback>;
export type CallArguments<Path extends string, Options> = string extends Path ? [options?: Options & PathOptions<Path>] : [PathParameterName<Path>] extends [never] ? [options?: Options & PathOptions<Path>] : [options: Options & PathOptions<Path>];
export interface CallOptions<Schema extends StandardSchema | undefined = undefined, Fallback = never> extends CommonCallOptions<Fallback> {
    readonly response?: Schema;
}
export interface ClientDispatcher extends EventEmitter {
    dispatch(request: DispatchRequest, handler: DispatchHandler): boolean;
    close(): Promise<void>;
    close(callback: () => void): void;
    destroy(error?: Error | null): Promise<void>;
    destroy(callback: () => void): void;
    destroy(error: Error | null, callback: () => void): void;
    request(...input: never[]): never;
    stream(...input: never[]): never;
    pipeline(...input: never[]): never;
    connect(...input: never[]): never;
    upgrade(...input: never[]): never;
    compose(...input: never[]): never;
    listeners(...input: never[]): never[];
    rawListeners(...input: never[]): never[];
}
export type ClientErrorCode = keyof typeof clientErrors;
export type ClientFallback = (error: KeelsonError, call: FailedCall) => unknown;
export type ClientFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
export interface CommonCallOptions<Fallback = never> {
    readonly query?: Readonly<Record<string, QueryValue>>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
    readonly fallback?: (error: KeelsonError) => Fallback | Promise<Fallback>;
    readonly idempotent?: boolean;
    readonly deduplicate?: boolean;
}
export interface DispatchControl {
    readonly aborted: boolean;
    readonly paused: boolean;
    readonly reason: Error | null;
    readonly rawHeaders: Buffer[] | null;
    abort(reason?: Error): void;
    pause(): void;
    resume(): void;
}
export interface DispatchHandler {
    onRequestStart?(control: DispatchControl, context: object): void;
    onResponseStart?(control: DispatchControl, statusCode: number, headers: AnswerHeaders, statusMessage?: string): void;
    onResponseData?(control: DispatchControl, chunk: Buffer): void;
    onResponseEnd?(control: DispatchControl, trailers: AnswerHeaders): void;
    onResponseError?(control: DispatchControl, error: Error): void;
    onConnect?(abort: (reason?: Error) => void, context: object): void;
    onHeaders?(statusCode: number, headers: Buffer[], resume: () => void, statusMessage: string): boolean;
    onData?(chunk: Buffer): boolean;
    onComplete?(trailers: readonly unknown[] | null): void;
    onError?(error: Error): void;
}
export interface DispatchRequest {
    readonly origin?: string | URL | undefined;
    readonly path: string;
    readonly method: string;
    readonly body?: unknown;
    readonly headers?: unknown;
    readonly query?: Readonly<Record<string, unknown>> | undefined;
    readonly upgrade?: boolean | string | null | undefined;
}
export interface DispatcherOptions {
    readonly timeoutMs?: number;
}
export interface FailedCall {
    readonly method: HttpMethod;
    readonly path: string;
}
export interface HttpClient<Declared extends Operations = NoOperations> {
    readonly call: OperationCall<Declared>;
    readonly get: Call;
    readonly head: Call;
    readonly delete: BodyCall;
    readonly post: BodyCall;
    readonly put: BodyCall;
    readonly patch: BodyCall;
    readonly request: RequestCall;
    readonly fetch: ClientFetch;
    dispatcher(options?: DispatcherOptions): ClientDispatcher;
    update(policy: HttpClientPolicy): void;
    state(): HttpClientState;
    isolate(options?: ForceOptions): Promise<void>;
    holdClosed(options?: ForceOptions): Promise<void>;
    release(): Promise<void>;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export interface HttpClientOptions<Declared extends Operations = Operations> extends HttpClientPolicy {
    readonly service: string;
    readonly dependency: string;
    readonly target: string;
    readonly profile?: Profile;
    readonly propagation?: boolean;
    readonly operations?: Declared;
    readonly fallback?: ClientFallback;
    readonly resolver?: Resolver;
    readonly clock?: Clock;
    readonly random?: () => number;
}
export interface HttpClientPolicy extends Policy {
    readonly deduplicate?: boolean;
    readonly connectTimeoutMs?: number;
    readonly endpoints?: EndpointPolicy | false;
    readonly connectionMaxAgeMs?: number | false;
    readonly maxConnections?: number;
    readonly keepAliveMs?: number;
    readonly maxResponseBytes?: number;
}
export interface HttpClientState extends PipelineState {
    readonly target: string;
    readonly connections: TransportStats;
    readonly endpoints: readonly EndpointState[];
}
export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
export type NoOperations = Readonly<Record<never, Operation>>;
export interface Operation {
    readonly method: HttpMethod;
    readonly path: string;
    readonly response?: StandardSchema;
    readonly group?: string;
    readonly timeoutMs?: number;
    readonly idempotent?: boolean;
    readonly deduplicate?: boolean;
}
export type OperationCall<Declared extends Operations> = <const Name extends keyof Declared & string, Fallback = never>(name: Name, ...options: CallArguments<Declared[Name]['path'], OperationOptions<Declared[Name], Fallback>>) => Promise<ResponseBody<Declared[Name]['response']> | Fallback>;
export type OperationOptions<Declared extends Operation, Fallback = never> = CommonCallOptions<Fallback> & (Declared['method'] extends BodyMethod ? {
    readonly body?: unknown;
} : {
    readonly body?: never;
});
export type Operations = Readonly<Record<string, Operation>>;
export type PathOptions<Path extends string> = string extends Path ? {
    readonly params?: Readonly<Record<string, PathValue>>;
} : [PathParameterName<Path>] extends [never] ? {
    readonly params?: never;
} : {
    readonly params: {
        readonly [Name in PathParameterName<Path>]: PathValue;
    };
};
export type PathParameterName<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | PathParameterName<Rest> : never;
export type PathValue = string | number;
export type QueryValue = string | number | boolean | undefined | readonly (string | number | boolean)[];
export type RequestCall = <const Path extends string, Schema extends StandardSchema | undefined = undefined, Fallback = never>(method: HttpMethod, path: Path, ...options: CallArguments<Path, BodyCallOptions<Schema, Fallback>>) => Promise<Answer<ResponseBody<Schema> | Fallback>>;
export type ResponseBody<Schema> = Schema extends StandardSchema ? StandardOutput<Schema> : unknown;
export interface TransportStats {
    readonly connected: number;
    readonly free: number;
    readonly pending: number;
}
export function checkClientPolicy(policy: HttpClientPolicy, profile?: Profile): void;
export const clientErrors: {
    readonly KEELSON_CLIENT_OPTIONS_INVALID: string;
    readonly KEELSON_CLIENT_REQUEST_INVALID: string;
    readonly KEELSON_CLIENT_TIMEOUT: string;
    readonly KEELSON_CLIENT_CONNECT_FAILED: string;
    readonly KEELSON_CLIENT_CONNECTION_RESET: string;
    readonly KEELSON_CLIENT_STATUS: string;
    readonly KEELSON_CLIENT_RESPONSE_INVALID: string;
    readonly KEELSON_CLIENT_RESPONSE_TOO_LARGE: string;
    readonly KEELSON_CLIENT_CANCELLED: string;
    readonly KEELSON_CLIENT_CLOSED: string;
};
export function createHttpClient<const Declared extends Operations = NoOperations>(options: HttpClientOptions<Declared>): HttpClient<Declared>;
export function expandPath(template: string, params?: Readonly<Record<string, PathValue>>): string;
export const httpClientDefaults: {
    readonly maxConnections: number;
    readonly keepAliveMs: number;
    readonly maxResponseBytes: number;
    readonly connectTimeoutMs: Readonly<Record<Profile, number>>;
    readonly connectionMaxAgeMs: Readonly<Record<Profile, number>>;
    readonly endpoints: Readonly<Record<Profile, Required<EndpointPolicy> | false>>;
    readonly propagation: Readonly<Record<Profile, boolean>>;
};

// Not exported, but part of the types above.

type BodyMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE';
