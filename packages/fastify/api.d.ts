// Public API of @keelson/fastify. Generated: npm run api

// @keelson/fastify

export interface Admission {
    admit(inbound: InboundRequest, underway: number): Refusal | undefined;
}
export interface AdmissionOptions {
    readonly maxConcurrent?: number;
    readonly clock?: Clock;
}
export type FastifyErrorCode = keyof typeof fastifyErrors;
export type KeelsonPlugin = (app: FastifyInstance, options: KeelsonPluginOptions, done: () => void) => void;
export interface KeelsonPluginOptions {
    readonly service: string;
    readonly log?: Log;
    readonly metrics?: Metrics;
    readonly drain?: ServerDrain;
    readonly trusted?: readonly string[];
    readonly admission?: AdmissionOptions;
    readonly clock?: Clock;
}
export interface KeelsonRouteConfig {
    readonly silent?: boolean;
}
export interface Problem {
    readonly type: 'about:blank';
    readonly title: string;
    readonly status: number;
    readonly detail?: string;
    readonly requestId: string;
    readonly code?: string;
}
export interface Refusal {
    readonly reason: 'limit' | 'deadline';
    readonly retryAfterSeconds: number;
}
export function createAdmission(options?: AdmissionOptions): Admission;
export const fastifyErrors: {
    readonly KEELSON_ADMISSION_OPTIONS_INVALID: string;
    readonly KEELSON_FASTIFY_OPTIONS_INVALID: string;
};
export function inboundOf(request: FastifyRequest): InboundRequest | undefined;
export function installKeelson(app: FastifyInstance, options: KeelsonPluginOptions): void;
export function keelsonAppOptions(log: Log, own?: FastifyServerOptions): FastifyServerOptions;
export const keelsonPlugin: KeelsonPlugin;

// @keelson/fastify/route-endings

export interface RouteEnding {
    readonly route: string | undefined;
    complete(record: AccessRecord): void;
}
export interface RouteEndingOptions {
    readonly log: Log | undefined;
    readonly metrics: Metrics | undefined;
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
