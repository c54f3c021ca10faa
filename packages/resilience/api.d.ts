// Public API of @keelson/resilience. Generated: npm run api

// @keelson/resilience

export interface Attempt {
    readonly retry: number;
    readonly limitMs: number;
    readonly signal: AbortSignal;
    statusCode: number | undefined;
    repeatable: boolean;
    outlast(): void;
    onOutlast(listener: () => void): void;
    onAbort(listener: (reason: KeelsonError) => void): void;
    onEnd(listener: (ended: Classification, durationMs: number) => void): void;
}
export interface Balancer {
    update(keys: readonly string[], ejectable?: boolean): void;
    pick(limits?: PickLimits): EndpointLease | undefined;
    tune(policy: EndpointPolicy & Pick<BalancerOptions, 'penaltyMs'>): void;
    state(): readonly EndpointState[];
}
export interface BalancerOptions extends EndpointPolicy {
    readonly service: string;
    readonly dependency: string;
    readonly penaltyMs?: number;
    readonly clock?: Clock;
    readonly random?: () => number;
}
export type BreakerOutcome = 'success' | 'failure' | 'neutral';
export interface BreakerPolicy {
    readonly failureRatio?: number;
    readonly minimumThroughput?: number;
    readonly samplingMs?: number;
    readonly breakMs?: number;
    readonly maxBreakMs?: number;
    readonly probeCount?: number;
    readonly rampMs?: number;
}
export interface BulkheadPolicy {
    readonly maxConcurrent?: number;
    readonly maxQueue?: number;
}
export interface CircuitBreaker {
    readonly state: BreakerState;
    readonly operation: string | undefined;
    readonly counts: WindowCounts;
    readonly admittedRatio: number;
    readonly retryAfterMs: number;
    allow(): number;
    report(permit: number, outcome: BreakerOutcome): void;
    run<T>(operation: () => Promise<T>, outcomeOf?: (error: unknown) => BreakerOutcome): Promise<T>;
    update(policy: BreakerPolicy): void;
    readonly forced: 'open' | 'closed' | undefined;
    isolate(options?: ForceOptions): void;
    holdClosed(options?: ForceOptions): void;
    release(): void;
    reset(): void;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export interface CircuitBreakerOptions extends BreakerPolicy {
    readonly service: string;
    readonly dependency: string;
    readonly operation?: string;
    readonly clock?: Clock;
    readonly random?: () => number;
}
export interface Classification {
    readonly breaker: BreakerOutcome;
    readonly retry: 'never' | 'idempotent' | 'always';
    readonly outcome: ClientOutcome;
    readonly retryAfterMs?: number | undefined;
}
export type EndpointCondition = 'up' | 'warming' | 'ejected' | 'probing';
export interface EndpointLease {
    readonly key: string;
    readonly answered?: () => void;
    end(ended: Classification, durationMs: number): void;
}
export interface EndpointPolicy {
    readonly consecutiveFailures?: number;
    readonly failureRatio?: number;
    readonly minimumThroughput?: number;
    readonly samplingMs?: number;
    readonly ejectMs?: number;
    readonly maxEjectMs?: number;
    readonly maxEjectedRatio?: number;
    readonly slowStartMs?: number;
}
export interface EndpointState {
    readonly key: string;
    readonly condition: EndpointCondition;
    readonly outstandingCount: number;
    readonly latencyMs: number;
    readonly failingRatio: number;
}
export interface ForceOptions {
    readonly forMs?: number | undefined;
}
export interface HedgePolicy {
    readonly maxRatio?: number;
    readonly quantile?: number;
}
export interface PickLimits {
    readonly tried?: readonly string[];
    readonly repeatable?: boolean;
}
export interface Pipeline {
    run<T, Fallback = never>(operation: (attempt: Attempt) => Promise<T>, call?: PipelineCall<Fallback>): Promise<T | Fallback>;
    runShared<Shared, T, Fallback = never>(key: string, operation: (attempt: Attempt) => Promise<Shared>, receive: (shared: Shared) => T | Promise<T>, call?: PipelineCall<Fallback>): Promise<T | Fallback>;
    update(policy: Policy): void;
    state(): PipelineState;
    isolate(options?: ForceOptions): Promise<void>;
    holdClosed(options?: ForceOptions): Promise<void>;
    release(): Promise<void>;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export interface PipelineCall<Fallback = never> {
    readonly idempotent?: boolean;
    readonly hedgeable?: boolean;
    readonly signal?: AbortSignal | undefined;
    readonly timeoutMs?: number | undefined;
    readonly operation?: string | undefined;
    readonly fallback?: ((error: unknown) => Fallback | Promise<Fallback>) | undefined;
}
export interface PipelineOptions extends Policy {
    readonly service: string;
    readonly dependency: string;
    readonly profile?: Profile;
    readonly classify?: (error: unknown) => Classification;
    readonly clock?: Clock;
    readonly random?: () => number;
}
export interface PipelineState {
    readonly breaker: BreakerState | undefined;
    readonly admittedRatio: number | undefined;
    readonly forced: 'open' | 'closed' | undefined;
    readonly groups: Readonly<Record<string, BreakerState>>;
    readonly inFlight: number;
    readonly queued: number;
    readonly retryTokens: number | undefined;
}
export interface Policy {
    readonly timeoutMs?: number | false;
    readonly attemptTimeoutMs?: number | false;
    readonly bulkhead?: BulkheadPolicy | false;
    readonly retry?: RetryLayerPolicy | false;
    readonly breaker?: BreakerPolicy | false;
    readonly hedge?: HedgePolicy | false;
}
export type Profile = 'internal' | 'external' | 'batch';
export type ResilienceErrorCode = keyof typeof resilienceErrors;
export interface ResolvedPolicy {
    readonly timeoutMs: number | false;
    readonly attemptTimeoutMs: number | false;
    readonly bulkhead: Required<BulkheadPolicy> | false;
    readonly retry: (Required<RetryPolicy> & {
        readonly budget: Required<RetryBudgetPolicy> | false;
    }) | false;
    readonly breaker: Required<BreakerPolicy> | false;
    readonly hedge: Required<HedgePolicy> | false;
}
export interface RetryBudget {
    readonly tokens: number;
    deposit(): void;
    withdraw(): boolean;
    update(policy: RetryBudgetPolicy): void;
}
export interface RetryBudgetOptions extends RetryBudgetPolicy {
    readonly clock?: Clock;
}
export interface RetryBudgetPolicy {
    readonly depositRatio?: number;
    readonly depositPerSecond?: number;
    readonly maxTokens?: number;
}
export interface RetryLayerPolicy extends RetryPolicy {
    readonly budget?: RetryBudgetPolicy | false;
}
export interface RetryOptions extends RetryPolicy {
    readonly dependency?: string;
    readonly verdict?: (error: unknown) => RetryVerdict;
    readonly budget?: RetryBudget;
    readonly deadline?: number;
    readonly signal?: AbortSignal;
    readonly onRetry?: (result: RetryResult, delayMs: number) => void;
    readonly clock?: Clock;
    readonly random?: () => number;
}
export interface RetryPolicy {
    readonly maxRetries?: number;
    readonly backoffMs?: number;
    readonly maxBackoffMs?: number;
}
export type RetryResult = 'scheduled' | 'exhausted' | 'deadline' | 'not-retryable';
export interface RetryVerdict {
    readonly retryable: boolean;
    readonly retryAfterMs?: number | undefined;
}
export interface WindowCounts {
    readonly callCount: number;
    readonly failureCount: number;
}
export const breakerDefaults: Required<BreakerPolicy>;
export const bulkheadDefaults: Required<BulkheadPolicy>;
export function checkEndpointPolicy(policy: EndpointPolicy): void;
export function checkPolicy(profile: Profile, policy: Policy): ResolvedPolicy;
export function circuitBreaker(options: CircuitBreakerOptions): Promise<CircuitBreaker>;
export function classifyError(error: unknown): Classification;
export function createBalancer(options: BalancerOptions): Balancer;
export function createPipeline(options: PipelineOptions): Pipeline;
export const endpointDefaults: Required<EndpointPolicy>;
export const hedgeDefaults: Required<HedgePolicy>;
export const profiles: Readonly<Record<Profile, ResolvedPolicy>>;
export const resilienceErrors: {
    readonly KEELSON_ADMISSION_OPTIONS_INVALID: string;
    readonly KEELSON_RESILIENCE_OPTIONS_INVALID: string;
    readonly KEELSON_RESILIENCE_CIRCUIT_OPEN: string;
    readonly KEELSON_RESILIENCE_BULKHEAD_FULL: string;
    readonly KEELSON_RESILIENCE_TIMEOUT: string;
    readonly KEELSON_RESILIENCE_DEADLINE_EXCEEDED: string;
    readonly KEELSON_RESILIENCE_CANCELLED: string;
    readonly KEELSON_RESOURCE_UNAVAILABLE: string;
    readonly KEELSON_RESOURCE_FAILED: string;
    readonly KEELSON_RESOURCE_CLOSE_TIMEOUT: string;
    readonly KEELSON_RESILIENCE_CLOSED: string;
};
export function retry<T>(operation: (retry: number) => Promise<T>, options?: RetryOptions): Promise<T>;
export function retryBudget(options?: RetryBudgetOptions): RetryBudget;
export const retryBudgetDefaults: Required<RetryBudgetPolicy>;
export const retryDefaults: Required<RetryPolicy>;

// @keelson/resilience/admission

export class Admission {
    #private;
    constructor(options?: AdmissionOptions);
    update(bounds: AdmissionBounds): void;
    get inFlight(): number;
    get waiting(): number;
    get isSaturated(): boolean;
    route(): RouteLimit;
    admit(arrival: Arrival, route: RouteLimit, isFirst?: boolean): Verdict;
    queue(arrival: Arrival, route: RouteLimit, applicant: Applicant, isFirst?: boolean): void;
    begin(route: RouteLimit): void;
    end(route: RouteLimit, nowMs: number, durationMs: number, isSample: boolean): void;
}
export interface AdmissionBounds {
    readonly backlogMs?: number;
    readonly maxConcurrent?: number;
}
export interface AdmissionFacts {
    refused(refusal: Refusal, criticality: Criticality | undefined): void;
    started(waitMs: number): void;
}
export interface AdmissionOptions extends AdmissionBounds {
    readonly clock?: Clock;
    readonly defer?: (callback: () => void) => void;
    readonly busyMs?: () => number;
}
export interface Applicant {
    readonly isGone: () => boolean;
    readonly start: (waitedMs: number) => void;
    readonly refuse: (refusal: Refusal) => void;
}
export interface Arrival {
    readonly deadline: number | undefined;
    readonly criticality: Criticality | undefined;
    readonly startedAtMs: number;
}
export interface Refusal {
    readonly reason: AdmissionShed['reason'];
    readonly retryAfterSeconds: number;
}
export class RouteLimit {
    #private;
    inFlight: number;
    constructor(boundMs: () => number);
    get limit(): number;
    allows(criticality: Criticality | undefined): boolean;
    leastMs(nowMs: number): number;
    begin(): void;
    end(nowMs: number, durationMs: number, isSample: boolean): void;
}
export type Verdict = Refusal | 'later' | undefined;
export const admissionDefaults: {
    readonly backlogMs: number;
};
export function createAdmissionFacts(service: string): AdmissionFacts;
export function isDurationSample({ aborted, statusCode, bytesOut }: AccessRecord): boolean;

// @keelson/resilience/resource

export interface ConnectContext {
    readonly signal: AbortSignal;
    readonly lost: (error?: unknown) => void;
}
export interface Resource<Client> extends AsyncDisposable {
    readonly client: Client;
    readonly settings: ResourceSettings;
    connected(signal?: AbortSignal): Promise<Client>;
    run<T, Fallback = never>(operation: (client: Client, attempt: Attempt) => Promise<T>, call?: PipelineCall<Fallback>): Promise<T | Fallback>;
    check(signal: AbortSignal): Promise<HealthResult>;
    state(): ResourceState;
    isolate(options?: ForceOptions): Promise<void>;
    holdClosed(options?: ForceOptions): Promise<void>;
    release(): Promise<void>;
    reconnect(): Promise<void>;
    update(tuning: ResourceTuning): void;
    close(): Promise<void>;
}
export interface ResourceDefinition<Client> extends ResourceFunctions<Client>, ResourceTuning {
}
export interface ResourceFunctions<Client> {
    readonly connect: (context: ConnectContext) => Promise<Client> | Client;
    readonly check?: (client: Client, signal: AbortSignal) => Promise<unknown>;
    readonly close: (client: Client) => unknown;
    readonly isOutage?: (error: unknown) => boolean;
}
export interface ResourceOptions<Client> extends ResourceDefinition<Client> {
    readonly service: string;
    readonly name: string;
    readonly clock?: Clock;
    readonly random?: () => number;
}
export type ResourceSettings = Required<Omit<ResourceTuning, 'policy'>>;
export interface ResourceState extends PipelineState {
    readonly status: 'connecting' | 'connected' | 'closed';
    readonly connectCount: number;
}
export interface ResourceTuning {
    readonly critical?: boolean;
    readonly policy?: Policy & {
        readonly profile?: Profile;
    };
    readonly connectTimeoutMs?: number;
    readonly connectBackoffMs?: number;
    readonly maxConnectBackoffMs?: number;
    readonly checkIntervalMs?: number;
    readonly checkTimeoutMs?: number;
    readonly maxFailedChecks?: number;
    readonly closeTimeoutMs?: number;
}
export function checkResourceTuning(tuning: ResourceTuning): ResourceSettings;
export function createResource<Client>(options: ResourceOptions<Client>): Resource<Client>;
export const resourceDefaults: ResourceSettings;
