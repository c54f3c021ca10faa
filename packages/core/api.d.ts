// Public API of @keelson/core. Generated: npm run api

// @keelson/core/errors

export type CoreErrorCode = keyof typeof coreErrors;
export class KeelsonError extends Error {
    readonly code: string;
    readonly retryable: boolean;
    readonly statusCode: number | undefined;
    readonly details: Readonly<Record<string, unknown>> | undefined;
    constructor(code: string, message: string, options?: KeelsonErrorOptions);
}
export interface KeelsonErrorOptions {
    readonly cause?: unknown;
    readonly retryable?: boolean;
    readonly statusCode?: number;
    readonly details?: Readonly<Record<string, unknown>>;
}
export interface NumberBounds {
    readonly min?: number;
    readonly max?: number;
    readonly above?: number;
    readonly integer?: boolean;
}
export type OptionRule = (value: unknown) => string | undefined;
export function checkOptions<T extends object>(code: string, path: string, options: T, rules: {
    readonly [K in keyof Required<T>]: OptionRule;
}): void;
export const coreErrors: {
    readonly KEELSON_LIFECYCLE_OPTIONS_INVALID: string;
    readonly KEELSON_LIFECYCLE_STOP_TIMEOUT: string;
    readonly KEELSON_LIFECYCLE_STOPPING: string;
    readonly KEELSON_OPS_ACTION_INVALID: string;
    readonly KEELSON_HEALTH_OPTIONS_INVALID: string;
    readonly KEELSON_HEALTH_CHECK_TIMEOUT: string;
    readonly KEELSON_HTTP_ADDRESS_IN_USE: string;
    readonly KEELSON_HTTP_OPTIONS_INVALID: string;
    readonly KEELSON_DNS_OPTIONS_INVALID: string;
    readonly KEELSON_DNS_NOT_FOUND: string;
    readonly KEELSON_DNS_UNAVAILABLE: string;
};
export function isKeelsonError(value: unknown, code?: string): value is KeelsonError;
export function nearest(name: string, candidates: Iterable<string>): string | undefined;
export const optionRules: {
    readonly number: (bounds?: NumberBounds) => OptionRule;
    readonly string: OptionRule;
    readonly boolean: OptionRule;
    readonly function: OptionRule;
    readonly object: OptionRule;
    readonly array: OptionRule;
    readonly oneOf: (...values: readonly string[]) => OptionRule;
    readonly any: OptionRule;
};
export function stacklessError(code: string, message: string, options?: KeelsonErrorOptions): KeelsonError;

// @keelson/core/channels

export interface AdmissionShed {
    readonly service: string;
    readonly reason: 'backlog' | 'limit' | 'deadline' | 'draining' | 'rate';
    readonly criticality: 'critical' | 'default' | 'sheddable';
}
export interface AdmissionWaited {
    readonly service: string;
    readonly waitMs: number;
}
export interface BreakerChanged {
    readonly service: string;
    readonly dependency: string;
    readonly operation?: string | undefined;
    readonly from: BreakerState;
    readonly to: BreakerState;
    readonly callCount: number;
    readonly failureCount: number;
}
export interface BreakerForced {
    readonly service: string;
    readonly dependency: string;
    readonly operation?: string | undefined;
    readonly forced: 'open' | 'closed' | 'none';
    readonly forMs?: number | undefined;
    readonly expired?: boolean | undefined;
}
export type BreakerState = 'closed' | 'open' | 'half-open' | 'isolated';
export type ChannelName = keyof ChannelPayloads;
export interface ChannelPayloads {
    'keelson.lifecycle.changed': LifecycleChanged;
    'keelson.health.changed': HealthChanged;
    'keelson.request.completed': RequestCompleted;
    'keelson.dependency.declared': DependencyDeclared;
    'keelson.client.call': ClientCall;
    'keelson.client.attempt': ClientAttempt;
    'keelson.client.retry': ClientRetry;
    'keelson.client.hedge': ClientHedge;
    'keelson.breaker.changed': BreakerChanged;
    'keelson.breaker.forced': BreakerForced;
    'keelson.endpoint.changed': EndpointChanged;
    'keelson.dns.query': DnsQuery;
    'keelson.dns.answer': DnsAnswer;
    'keelson.config.applied': ConfigApplied;
    'keelson.config.rejected': ConfigRejected;
    'keelson.config.source': ConfigSourceChanged;
    'keelson.config.synced': ConfigSynced;
    'keelson.config.state': ConfigStateChanged;
    'keelson.config.warned': ConfigWarned;
    'keelson.log.dropped': LogDropped;
    'keelson.log.shipped': LogShipped;
    'keelson.resource.connected': ResourceConnected;
    'keelson.resource.changed': ResourceChanged;
    'keelson.admission.shed': AdmissionShed;
    'keelson.admission.waited': AdmissionWaited;
    'keelson.trace.lost': TraceLost;
    'keelson.work.declared': WorkDeclared;
    'keelson.work.completed': WorkCompleted;
    'keelson.process.stalled': ProcessStalled;
    'keelson.metrics.problem': MetricsProblem;
    'keelson.process.previous-exit': PreviousExit;
    'keelson.limits.sampled': LimitsSampled;
    'keelson.limits.warning': LimitsWarning;
    'keelson.leak.verdict': LeakVerdictChanged;
    'keelson.ledger.problem': LedgerProblem;
}
export interface ClientAttempt {
    readonly service: string;
    readonly dependency: string;
    readonly outcome: ClientOutcome;
    readonly durationMs: number;
    readonly retry: number;
    readonly statusCode?: number | undefined;
}
export interface ClientCall {
    readonly service: string;
    readonly dependency: string;
    readonly outcome: ClientOutcome;
    readonly durationMs: number;
    readonly attemptCount: number;
}
export interface ClientHedge {
    readonly service: string;
    readonly dependency: string;
    readonly result: 'won' | 'lost' | 'failed' | 'denied';
}
export type ClientOutcome = 'success' | 'failure' | 'timeout' | 'circuit-open' | 'cancelled' | 'rejected' | 'fallback';
export interface ClientRetry {
    readonly service: string;
    readonly dependency: string;
    readonly result: 'scheduled' | 'exhausted' | 'deadline' | 'not-retryable';
    readonly delayMs: number;
}
export interface ConfigApplied {
    readonly service: string;
    readonly revision: number;
    readonly hash: string;
    readonly changedKeys: readonly string[];
}
export interface ConfigRejected {
    readonly service: string;
    readonly faults: readonly string[];
}
export interface ConfigSourceChanged {
    readonly service: string;
    readonly source: string;
    readonly up: boolean;
}
export interface ConfigStateChanged {
    readonly service: string;
    readonly pendingKeys: readonly string[];
    readonly shadowedKeys: readonly string[];
    readonly pinnedKeys: readonly string[];
}
export interface ConfigSynced {
    readonly service: string;
    readonly source: string;
}
export interface ConfigWarned {
    readonly service: string;
    readonly warning: string;
}
export interface DependencyDeclared {
    readonly service: string;
    readonly dependency: string;
}
export interface DnsAnswer {
    readonly service: string;
    readonly hostname: string;
    readonly from: 'query' | 'cache' | 'stale' | 'negative';
}
export interface DnsQuery {
    readonly service: string;
    readonly name: string;
    readonly result: 'answered' | 'not-found' | 'failed';
    readonly durationMs: number;
}
export interface EndpointChanged {
    readonly service: string;
    readonly dependency: string;
    readonly endpoint: string;
    readonly change: 'added' | 'removed' | 'ejected' | 'restored';
    readonly reason?: 'consecutive' | 'ratio' | 'probe' | undefined;
    readonly upCount: number;
    readonly ejectedCount: number;
}
export type ExitReason = 'first-start' | 'clean' | 'restart' | 'uncaught-error' | 'unhandled-rejection' | 'heap-abort' | 'memory-kill' | 'stall-kill' | 'deadline' | 'second-signal' | 'exit' | 'unknown';
export interface HealthChanged {
    readonly service: string;
    readonly check: string;
    readonly status: 'up' | 'down';
    readonly critical: boolean;
    readonly error?: unknown;
}
export interface LeakVerdictChanged {
    readonly service: string;
    readonly verdict: 'unknown' | 'flat' | 'growing';
    readonly bytesPerMinute: number;
    readonly floorBytes: number;
    readonly limitBytes: number;
    readonly timeToLimitMs: number | undefined;
}
export interface LedgerProblem {
    readonly service: string;
    readonly problem: 'corrupt' | 'unwritable' | 'in-use' | 'no-directory' | 'termination-message';
    readonly path: string;
    readonly message: string;
    readonly error?: unknown;
}
export interface LifecycleChanged {
    readonly service: string;
    readonly phase: 'starting' | 'started' | 'draining' | 'closing' | 'stopped';
    readonly reason?: string;
}
export interface LimitsSampled {
    readonly service: string;
    readonly memoryLimitBytes: number | undefined;
    readonly memoryUsageBytes: number | undefined;
    readonly memoryWorkingSetBytes: number | undefined;
    readonly memoryPeakBytes: number | undefined;
    readonly oomKillCount: number | undefined;
    readonly cpuLimitCores: number | undefined;
    readonly cpuPeriodCount: number | undefined;
    readonly cpuThrottledPeriodCount: number | undefined;
    readonly cpuThrottledMs: number | undefined;
    readonly heapLimitBytes: number;
    readonly leakVerdict: 'unknown' | 'flat' | 'growing';
    readonly leakTimeToLimitMs: number | undefined;
    readonly restartsLastHourCount: number;
}
export interface LimitsWarning {
    readonly service: string;
    readonly subject: 'heap-fit' | 'heap' | 'container';
    readonly usedBytes: number;
    readonly limitBytes: number;
    readonly message: string;
}
export interface LogDropped {
    readonly service: string;
    readonly reason: string;
    readonly count: number;
}
export interface LogShipped {
    readonly service: string;
    readonly isConnected: boolean;
    readonly count: number;
    readonly bytes: number;
}
export interface MetricsProblem {
    readonly service: string;
    readonly problem: 'overflow' | 'collect' | 'adopted';
    readonly subject: string;
    readonly error?: unknown;
}
export interface PreviousExit {
    readonly service: string;
    readonly reason: ExitReason;
    readonly evidence: string;
    readonly lastSeenAtMs: number | undefined;
    readonly lifetimeMs: number | undefined;
    readonly exitCode: number | undefined;
    readonly error: string | undefined;
    readonly requestId: string | undefined;
    readonly vitals: Readonly<Record<string, number>> | undefined;
    readonly restartsLastHourCount: number;
}
export interface ProcessStalled {
    readonly service: string;
    readonly silentMs: number;
    readonly stack: string;
}
export interface RequestCompleted {
    readonly service: string;
    readonly requestId: string;
    readonly method: string;
    readonly route: string | undefined;
    readonly statusCode: number;
    readonly durationMs: number;
    readonly aborted: boolean;
}
export interface ResourceChanged {
    readonly service: string;
    readonly resource: string;
    readonly up: boolean;
    readonly error?: unknown;
}
export interface ResourceConnected {
    readonly service: string;
    readonly resource: string;
    readonly result: 'success' | 'failure';
    readonly durationMs: number;
    readonly error?: unknown;
}
export interface TraceLost {
    readonly service: string;
    readonly reason: 'queue-full' | 'export-failed';
    readonly count: number;
    readonly error?: unknown;
}
export interface TypedChannel<Payload> {
    readonly hasSubscribers: boolean;
    publish(payload: Payload): void;
}
export interface WorkCompleted {
    readonly service: string;
    readonly kind: WorkKind;
    readonly name: string;
    readonly requestId: string;
    readonly outcome: 'success' | 'failure';
    readonly durationMs: number;
}
export interface WorkDeclared {
    readonly service: string;
    readonly kind: WorkKind;
    readonly name: string;
}
export type WorkKind = 'job' | 'worker' | 'task';
export function channel<Name extends ChannelName>(name: Name): TypedChannel<ChannelPayloads[Name]>;
export function subscribe<Name extends ChannelName>(name: Name, listener: (payload: ChannelPayloads[Name]) => void): () => void;
export function subscriberFailureCount(name: ChannelName): number;

// @keelson/core/clock

export interface Clock {
    now(): number;
    monotonic(): number;
    setTimeout(callback: () => void, delayMs: number): TimerHandle;
    clearTimeout(handle: TimerHandle | undefined): void;
}
export interface TimerHandle {
    unref(): unknown;
}
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void>;
export const systemClock: Clock;

// @keelson/core/context

export interface AttemptFacts {
    readonly dependency: string;
    readonly method: string;
    readonly template: string;
    readonly host: string;
    readonly port: number;
    readonly retry: number;
}
export interface AttemptSpan extends SpanIds {
    end(statusCode: number | undefined, error?: unknown): void;
}
export interface ContextSpan extends SpanIds {
    startAttempt(attempt: AttemptFacts): AttemptSpan;
}
export type Criticality = 'critical' | 'default' | 'sheddable';
export interface RequestContext {
    readonly requestId: string;
    readonly traceId?: string | undefined;
    readonly spanId?: string | undefined;
    readonly traceFlags?: string | undefined;
    readonly span?: ContextSpan | undefined;
    readonly traceState?: string | undefined;
    readonly deadline?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly criticality?: Criticality | undefined;
    logFragment?: string | undefined;
    log?: object | undefined;
}
export interface SpanIds {
    readonly traceId: string;
    readonly spanId: string;
    readonly traceFlags: string;
}
export function currentContext(): RequestContext | undefined;
export function runWithContext<T>(context: RequestContext, fn: () => T): T;

// @keelson/core/metric-names

export const abbreviatedUnits: readonly string[];
export function baseUnitOf(word: string): string | undefined;
export function hasNamePart(name: string, word: string): boolean;

// @keelson/core/dns

export interface AddressAnswer {
    readonly addresses: readonly ResolvedAddress[];
    readonly ttlMs: number;
}
export type AddressQuery = (name: string) => Promise<AddressAnswer | undefined>;
export type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;
export interface ResolvedAddress {
    readonly address: string;
    readonly family: 4 | 6;
}
export interface Resolver {
    resolve(hostname: string): Promise<readonly ResolvedAddress[]>;
    readonly lookup: (hostname: string, options: LookupOptions, callback: LookupCallback) => void;
}
export interface ResolverOptions {
    readonly service: string;
    readonly servers?: readonly string[];
    readonly family?: 4 | 6;
    readonly minTtlMs?: number;
    readonly maxTtlMs?: number;
    readonly staleMs?: number;
    readonly negativeMs?: number;
    readonly resolvConfPath?: string;
    readonly hostsPath?: string;
    readonly query?: AddressQuery;
    readonly systemQuery?: AddressQuery;
    readonly clock?: Clock;
}
export function createResolver(options: ResolverOptions): Resolver;
export const resolverDefaults: KeepingTimes & {
    readonly family: 4 | 6;
};

// @keelson/core/standard-schema

export interface StandardIssue {
    readonly message: string;
    readonly path?: readonly (PropertyKey | {
        readonly key: PropertyKey;
    })[] | undefined;
}
export type StandardOutput<Schema> = Schema extends {
    readonly '~standard': {
        readonly types?: {
            readonly output: infer Output;
        } | undefined;
    };
} ? Output : never;
export type StandardResult<Output> = {
    readonly value: Output;
    readonly issues?: undefined;
} | {
    readonly issues: readonly StandardIssue[];
};
export interface StandardSchema<Input = unknown, Output = Input> {
    readonly '~standard': {
        readonly version: 1;
        readonly vendor: string;
        readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
        readonly types?: {
            readonly input: Input;
            readonly output: Output;
        } | undefined;
    };
}
export function describeIssue(issue: StandardIssue): string;
export function isStandardSchema(value: unknown): value is StandardSchema;

// @keelson/core/http

export interface AccessRecord {
    readonly requestId: string;
    readonly requestIdRejected?: RequestIdRejection | undefined;
    readonly traceId?: string | undefined;
    readonly spanId?: string | undefined;
    readonly traceSampled?: boolean;
    readonly method: string;
    readonly route: string | undefined;
    readonly url: string;
    readonly statusCode: number;
    readonly durationMs: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
    readonly remoteIp: string;
    readonly userAgent: string | undefined;
    readonly aborted: boolean;
}
export type ClosingHook = (deadlineMs: number) => Promise<void> | void;
export type DrainableServer = Server | Http2Server | Http2SecureServer;
export interface InboundOptions {
    readonly trusted?: readonly string[];
    readonly clock?: Clock;
    readonly log?: object | undefined;
    readonly tracer?: RequestTracer | undefined;
}
export class InboundRequest implements RequestContext {
    #private;
    readonly requestId: string;
    readonly traceId: string | undefined;
    readonly spanId: string | undefined;
    readonly traceFlags: string | undefined;
    readonly traceState: string | undefined;
    readonly deadline: number | undefined;
    readonly criticality: Criticality | undefined;
    readonly startedAtMs: number;
    readonly remoteIp: string;
    readonly request: IncomingMessage;
    response: ServerResponse | undefined;
    route: string | undefined;
    logFragment: string | undefined;
    readonly log: object | undefined;
    readonly span: RequestSpan | undefined;
    constructor(request: IncomingMessage, startedAtMs: number, requestId: string, remoteIp: string, trust: TrustedHeaders, log: object | undefined, span: RequestSpan | undefined);
    get signal(): AbortSignal;
    abort(reason: unknown): void;
}
export interface ListenAddress {
    readonly host: string;
    readonly port: number;
    readonly portVariable: string;
    readonly purpose: string;
}
export type NetworkTest = (address: string | undefined) => boolean;
export type RequestIdRejection = 'multiple' | 'length' | 'charset';
export type RequestOpener = (request: IncomingMessage) => InboundRequest;
export interface RequestSpan extends ContextSpan {
    end(record: AccessRecord): void;
}
export interface RequestTracer {
    startRequest(request: IncomingMessage, parent: TraceParent | undefined): RequestSpan;
}
export interface ServerDrain {
    track(inbound: InboundRequest, response: ServerResponse): void;
    release(response: ServerResponse): void;
    readonly inFlightCount: number;
    inFlight(): readonly InboundRequest[];
    announce(): void;
    withdraw(): void;
    onClosing(hook: ClosingHook): void;
    close(deadlineMs: number): Promise<readonly InboundRequest[]>;
}
export interface ServerDrainOptions {
    readonly lingerMs?: number;
    readonly connectionMaxAgeMs?: number;
    readonly clock?: Clock;
    readonly random?: () => number;
}
export interface TraceParent {
    readonly traceId: string;
    readonly spanId: string;
    readonly flags: string;
}
export function accessRecord(inbound: InboundRequest, endedAtMs: number, contentLength?: number | string | readonly string[] | undefined): AccessRecord;
export function createNetworkTest(networks: readonly string[]): NetworkTest;
export function createRequestOpener(options?: InboundOptions): RequestOpener;
export function createServerDrain(server: DrainableServer, options?: ServerDrainOptions): ServerDrain;
export const inboundDefaults: {
    readonly trusted: readonly string[];
};
export function isFirstRequest(request: IncomingMessage): boolean;
export function listen(server: Server, address: ListenAddress): Promise<number>;
export function listenError(error: unknown, { host, port, portVariable, purpose }: ListenAddress): unknown;
export function parseTraceparent(header: string | readonly string[] | undefined): TraceParent | undefined;
export function requestIdOf(header: string | readonly string[] | undefined): string;
export const requestIdPattern: RegExp;
export const serverDrainDefaults: {
    readonly lingerMs: number;
    readonly connectionMaxAgeMs: number;
};

// @keelson/core/lifecycle

export interface Closer {
    readonly name: string;
    readonly close: () => Promise<void> | void;
}
export interface Drainable {
    announce(): void;
    close(deadlineMs: number): Promise<readonly Straggler[]>;
}
export interface Lifecycle {
    readonly phase: LifecyclePhase;
    serve(drain: Drainable): void;
    readonly onClose: (name: string, close: Closer['close']) => void;
    markStarted(): void;
    stop(request: StopRequest): Promise<StopReport>;
}
export interface LifecycleOptions {
    readonly service: string;
    readonly health: Health;
    readonly drainDelayMs?: number;
    readonly gracePeriodMs?: number;
    readonly clock?: Clock;
}
export type LifecyclePhase = LifecycleChanged['phase'];
export interface ProcessMember {
    readonly service: string;
    stop(request: StopRequest): Promise<StopReport>;
    fatal(error: unknown, kind: 'uncaughtException' | 'unhandledRejection'): void;
    flush(): void;
}
export interface StopReport {
    readonly reason: string;
    readonly exitCode: number;
    readonly durationMs: number;
    readonly cut: readonly Straggler[];
    readonly failures: readonly {
        readonly name: string;
        readonly error: unknown;
    }[];
}
export interface StopRequest {
    readonly reason: string;
    readonly exitCode?: number;
    readonly withinMs?: number;
}
export interface Straggler {
    readonly requestId: string;
    readonly startedAtMs: number;
    readonly route?: string | undefined;
    readonly request?: IncomingMessage;
}
export interface Work {
    readonly requestId: string;
    readonly signal: AbortSignal;
}
export interface WorkRunOptions {
    readonly requestId?: string;
}
export interface WorkTracker extends Drainable {
    run<T>(fn: (work: Work) => Promise<T> | T, options?: WorkRunOptions): Promise<T>;
    readonly inFlightCount: number;
}
export interface WorkTrackerOptions {
    readonly service: string;
    readonly kind: WorkKind;
    readonly name: string;
    readonly log?: object | undefined;
    readonly clock?: Clock;
}
export function createLifecycle(options: LifecycleOptions): Lifecycle;
export function createWorkTracker({ service, kind, name, log, clock, }: WorkTrackerOptions): WorkTracker;
export function endProcess(request: StopRequest): boolean;
export function exitCodeOf(error: unknown): number;
export const exitCodes: {
    readonly clean: 0;
    readonly uncaught: 1;
    readonly addressInUse: 69;
    readonly stoppedByDeadline: 70;
    readonly restart: 75;
    readonly configuration: 78;
    readonly secondSigint: 130;
    readonly secondSigterm: 143;
};
export function handleProcess(): void;
export function joinProcess(member: ProcessMember): () => void;
export const lifecycleDefaults: {
    readonly drainDelayMs: number;
    readonly gracePeriodMs: number;
};

// @keelson/core/health

export interface CheckState {
    readonly name: string;
    readonly critical: boolean;
    readonly status: 'up' | 'down' | 'unknown';
}
export interface Health {
    check(name: string, run: HealthCheck, options?: HealthCheckOptions): void;
    update(name: string, options: HealthCheckOptions): void;
    start(): Promise<void>;
    markStarted(): void;
    drain(): void;
    undrain(): void;
    liveness(): ProbeAnswer;
    readiness(): ProbeAnswer;
    startup(): ProbeAnswer;
    checks(): readonly CheckState[];
    watch(listener: () => void): () => void;
    close(): Promise<void>;
}
export type HealthCheck = (signal: AbortSignal) => Promise<HealthResult>;
export interface HealthCheckOptions {
    readonly critical?: boolean;
    readonly intervalMs?: number;
    readonly timeoutMs?: number;
}
export interface HealthOptions {
    readonly service: string;
    readonly clock?: Clock;
}
export type HealthResult = {
    readonly status: 'up';
} | {
    readonly status: 'down';
    readonly error?: unknown;
};
export interface ProbeAnswer {
    readonly status: 'up' | 'down';
    readonly reasons: readonly string[];
}
export function createHealth({ service, clock }: HealthOptions): Health;
export const healthCheckDefaults: Readonly<Required<HealthCheckOptions>>;

// @keelson/core/ops

export interface ActionAudit {
    readonly action: string;
    readonly remoteIp: string;
    readonly outcome: 'done' | 'refused' | 'failed' | 'unauthorized';
    readonly input?: ActionInput;
    readonly error?: unknown;
}
export type ActionInput = Readonly<Record<string, unknown>>;
export interface ActionsOptions {
    readonly token: string;
    readonly actions: Readonly<Record<string, OpsAction>>;
    readonly audit: (entry: ActionAudit) => void;
}
export interface MetricsPage {
    readonly contentType: string;
    readonly body: string | Uint8Array;
}
export type OpsAction = (input: ActionInput) => unknown;
export type OpsHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;
export interface OpsOptions {
    readonly health: Health;
    readonly metrics?: (accept: string | undefined) => Promise<MetricsPage>;
    readonly info?: () => Readonly<Record<string, unknown>>;
    readonly config?: () => unknown;
    readonly actions?: OpsResponder;
}
export interface OpsServer {
    readonly port: number;
    lastProbeAtMs(): number | undefined;
    close(): Promise<void>;
}
export interface OpsServerOptions extends OpsOptions {
    readonly host: string;
    readonly port: number;
}
export interface ProbeThreadOptions extends OpsServerOptions {
    readonly service: string;
    readonly stallLimitMs?: number;
    readonly lineFields?: Readonly<Record<string, string | number>>;
    readonly recordPath?: string;
    readonly takeStack?: boolean;
    readonly clock?: Clock;
}
export function createActionResponder({ token, actions, audit, }: ActionsOptions): (request: OpsRequest) => Promise<OpsAnswer>;
export function createOpsHandler(options: OpsOptions): OpsHandler;
export function invalidInput(message: string): KeelsonError;
export const opsPaths: readonly string[];
export const probeThreadDefaults: {
    readonly stallLimitMs: number;
    readonly takeStack: boolean;
};
export function startOpsServer(options: OpsServerOptions): Promise<OpsServer>;
export function startProbeThread(options: ProbeThreadOptions): Promise<OpsServer>;

// @keelson/core/limits

export interface ContainerLimits {
    readonly memory: MemoryLimits;
    readonly cpu: CpuLimits;
}
export interface CpuLimits {
    readonly limitCores: number | undefined;
    readonly periodCount: number | undefined;
    readonly throttledPeriodCount: number | undefined;
    readonly throttledMs: number | undefined;
}
export interface LeakDetector {
    observe(atMs: number, floorBytes: number): void;
    readonly estimate: LeakEstimate;
}
export interface LeakDetectorOptions {
    readonly windowMs?: number;
}
export interface LeakEstimate {
    readonly verdict: LeakVerdict;
    readonly bytesPerMinute: number;
    readonly floorBytes: number;
}
export interface LeakState extends LeakEstimate {
    readonly timeToLimitMs: number | undefined;
    readonly collectedBytes: number | undefined;
    readonly collectionCount: number;
}
export type LeakVerdict = 'unknown' | 'flat' | 'growing';
export interface LeakWatch {
    readonly state: LeakState;
    close(): void;
}
export interface LeakWatchOptions {
    readonly service: string;
    readonly limitBytes: number;
    readonly windowMs?: number;
    readonly clock?: Clock;
    readonly onMajorCollection?: (listener: (oldSpaceBytes: number) => void) => () => void;
}
export interface LimitSources {
    readonly read?: TextReader;
    readonly machineMemoryBytes?: number;
}
export interface LimitWarning {
    readonly subject: 'heap' | 'container';
    readonly usedBytes: number;
    readonly limitBytes: number;
    readonly message: string;
}
export type MemoryGuard = (nowMs: number, look: MemoryLook) => MemoryRelief | undefined;
export interface MemoryGuardOptions {
    readonly snapshotRatio?: number;
    readonly snapshotIntervalMs?: number;
    readonly restartRatio?: number;
    readonly restartAgeMs?: number;
    readonly random?: () => number;
}
export interface MemoryLimits {
    readonly limitBytes: number | undefined;
    readonly usageBytes: number | undefined;
    readonly workingSetBytes: number | undefined;
    readonly peakBytes: number | undefined;
    readonly oomKillCount: number | undefined;
}
export interface MemoryLook {
    readonly oldSpaceLimitBytes: number;
    readonly collectedBytes: number | undefined;
    readonly collectionCount: number;
    readonly rssBytes: number | undefined;
    readonly workingSetBytes: number | undefined;
    readonly containerLimitBytes: number | undefined;
}
export interface MemoryRelief {
    readonly action: 'snapshot' | 'restart';
    readonly reason: string;
}
export interface MemoryVitals {
    readonly heapUsedBytes: number;
    readonly heapLimitBytes: number;
    readonly externalBytes: number;
    readonly rssBytes: number | undefined;
}
export interface OldSpaceFlags {
    readonly execArgv?: readonly string[];
    readonly nodeOptions?: string | undefined;
    readonly memoryBytes?: number;
}
export interface PressureSample extends MemoryVitals {
    readonly containerLimitBytes: number | undefined;
    readonly workingSetBytes: number | undefined;
}
export type TextReader = (path: string) => string | undefined;
export function createLeakDetector(options?: LeakDetectorOptions): LeakDetector;
export function createLeakWatch({ service, limitBytes, windowMs, clock, onMajorCollection, }: LeakWatchOptions): LeakWatch;
export function createLimitReader({ read, machineMemoryBytes, }?: LimitSources): () => ContainerLimits;
export function createMemoryGuard(startedAtMs: number, options?: MemoryGuardOptions): MemoryGuard;
export function createPressureWatch(): (sample: PressureSample) => readonly LimitWarning[];
export function fitHeapMegabytes(containerLimitBytes: number): number;
export function fitThreadPool(limitCores: number): number;
export function heapWarning(heapLimitBytes: number, containerLimitBytes: number | undefined, oldSpaceBytes?: number): string | undefined;
export const leakDetectorDefaults: {
    readonly windowMs: number;
};
export const memoryGuardDefaults: {
    readonly snapshotRatio: number;
    readonly snapshotIntervalMs: number;
    readonly restartRatio: number;
    readonly restartAgeMs: number;
};
export function oldSpaceLimitBytes(heapLimitBytes: number, { execArgv, nodeOptions, memoryBytes }?: OldSpaceFlags): number;
export const pressureShare: number;
export function readLimits(sources?: LimitSources): ContainerLimits;
export function readMemoryVitals(): MemoryVitals;
export function readOldSpaceUsedBytes(): number;
export const systemTextReader: TextReader;
export function usedOfContainer({ rssBytes, workingSetBytes, }: Pick<PressureSample, 'rssBytes' | 'workingSetBytes'>): number;

// @keelson/core/ledger

export interface ProcessWatch {
    readonly previousExit: PreviousExit | undefined;
    readonly recordPath: string | undefined;
    close(report: Pick<StopReport, 'reason' | 'exitCode' | 'cut' | 'failures'>, error?: unknown): void;
}
export interface ProcessWatchOptions {
    readonly service: string;
    readonly version?: string | undefined;
    readonly pod?: string | undefined;
    readonly stateDir?: string | undefined;
    readonly terminationMessagePath?: string | undefined;
    readonly inKubernetes?: boolean;
    readonly heartbeatMs?: number;
    readonly inFlightCount?: () => number;
    readonly lastProbeAtMs?: () => number | undefined;
    readonly onBeat?: (look: MemoryLook) => void;
    readonly limits?: LimitSources;
    readonly leakWindowMs?: number;
    readonly clock?: Clock;
}
export interface StallMark {
    readonly pid: number;
    readonly sinceMs: number;
    readonly seenAtMs: number;
}
export function clearStall(recordPath: string): void;
export function createProcessWatch(options: ProcessWatchOptions): ProcessWatch;
export const kubernetesTerminationPath: string;
export function markStall(recordPath: string, mark: StallMark): void;
export const processWatchDefaults: {
    readonly inKubernetes: boolean;
    readonly heartbeatMs: number;
    readonly leakWindowMs: number;
};

// Not exported, but part of the types above.

interface KeepingTimes {
    readonly minTtlMs: number;
    readonly maxTtlMs: number;
    readonly staleMs: number;
    readonly negativeMs: number;
}
interface OpsAnswer {
    readonly statusCode: number;
    readonly contentType: string;
    readonly body: string | Uint8Array;
    readonly allow?: string;
}
interface OpsRequest {
    readonly method: string;
    readonly url: string;
    readonly accept: string | undefined;
    readonly body?: string | undefined;
    readonly authorization?: string | undefined;
    readonly remoteIp?: string | undefined;
}
interface TrustedHeaders {
    readonly traceId: string | undefined;
    readonly spanId: string | undefined;
    readonly traceFlags: string | undefined;
    readonly traceState: string | undefined;
    readonly deadline: number | undefined;
    readonly criticality: Criticality | undefined;
}
type OpsResponder = (request: OpsRequest) => Promise<OpsAnswer>;
