// Public API of @keelson/fastify. Generated: npm run api

// @keelson/fastify

export type FastifyErrorCode = keyof typeof fastifyErrors;
export type KeelsonPlugin = (app: FastifyInstance, options: KeelsonPluginOptions, done: () => void) => void;
export interface KeelsonPluginOptions {
    readonly service: string;
    readonly log?: Log;
    readonly metrics?: Metrics;
    readonly drain?: ServerDrain;
    readonly trusted?: readonly string[];
    readonly tracer?: RequestTracer;
    readonly admission?: AdmissionOptions | Admission;
    readonly context?: boolean;
    readonly clock?: Clock;
}
export interface KeelsonRouteConfig {
    readonly silent?: boolean;
    readonly exempt?: boolean;
}
export interface Problem {
    readonly type: 'about:blank';
    readonly title: string;
    readonly status: number;
    readonly detail?: string;
    readonly requestId: string;
    readonly code?: string;
}
export interface RateLimitModule {
    readonly default: (app: FastifyInstance, options: object, done: (error?: Error) => void) => void;
}
export interface RateLimitOptions {
    readonly service: string;
    readonly maxRequests: number;
    readonly windowMs?: number;
    readonly trusted?: readonly string[];
}
export const fastifyErrors: {
    readonly KEELSON_ADMISSION_RATE_EXCEEDED: string;
    readonly KEELSON_ADMISSION_RATE_LIMIT_MISSING: string;
    readonly KEELSON_FASTIFY_OPTIONS_INVALID: string;
};
export function inboundOf(request: FastifyRequest): InboundRequest | undefined;
export function installKeelson(app: FastifyInstance, options: KeelsonPluginOptions): void;
export function installRateLimit(app: FastifyInstance, options: RateLimitOptions, load?: () => Promise<RateLimitModule>): Promise<void>;
export function keelsonAppOptions(log: Log, own?: FastifyServerOptions): FastifyServerOptions;
export const keelsonPlugin: KeelsonPlugin;
export const rateLimitDefaults: {
    readonly windowMs: number;
};

// @keelson/fastify/route-endings

export interface RouteEnding {
    readonly route: string | undefined;
    readonly limit: RouteLimit | undefined;
    complete(record: AccessRecord): void;
}
export interface RouteEndingOptions {
    readonly log: Log | undefined;
    readonly metrics: Metrics | undefined;
    readonly admission: Admission | undefined;
    readonly silent: boolean;
}
export class RouteEndings {
    #private;
    constructor(route: string | undefined, options: RouteEndingOptions);
    of(method: string): RouteEnding;
}

// Added to types of others.

declare module 'fastify' {
    interface FastifyContextConfig {
        keelson?: KeelsonRouteConfig;
    }
}
