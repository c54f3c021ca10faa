// Public API of @keelson/testing. Generated: npm run api

// @keelson/testing

export interface CuttingProxy {
    readonly host: string;
    readonly port: number;
    readonly connectionCount: number;
    readonly acceptedCount: number;
    drop(): void;
    cut(): void;
    blackHole(): void;
    silence(): void;
    delay(delayMs: number): void;
    restore(): void;
    close(): Promise<void>;
}
export interface EtcdFixture {
    readonly endpoint: string;
    readonly pid: number | undefined;
    kill(): Promise<void>;
    start(): Promise<void>;
    transaction(changes: Readonly<Record<string, string | null>>): Promise<void>;
    compact(): Promise<void>;
    close(): Promise<void>;
}
export interface EtcdFixtureOptions {
    readonly tls?: {
        readonly certFile: string;
        readonly keyFile: string;
        readonly caFile?: string;
    };
}
export type ExpectedLine = Readonly<Record<string, unknown>>;
export interface FakeClock {
    now(): number;
    monotonic(): number;
    setTimeout(callback: () => void, delayMs: number): {
        unref(): void;
    };
    clearTimeout(handle: {
        unref(): unknown;
    } | undefined): void;
    advance(durationMs: number): Promise<void>;
    readonly pendingCount: number;
}
export interface FaultBehaviour {
    readonly delayMs?: number;
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly fault?: 'reset' | 'reset-after-headers' | 'reset-in-body' | 'black-hole' | 'slow-body';
    readonly pieceDelayMs?: number;
}
export type FaultDecision = FaultBehaviour | ((request: FaultRequest) => FaultBehaviour);
export interface FaultRequest {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage['headers'];
    readonly body: string;
    readonly sequence: number;
}
export interface FaultServer {
    readonly url: string;
    readonly requests: readonly FaultRequest[];
    readonly requestCount: number;
    readonly connectionCount: number;
    readonly abortedCount: number;
    behave(decision: FaultDecision): void;
    kill(): Promise<void>;
    revive(): Promise<void>;
    resetCounts(): void;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export interface GelfReceiver {
    readonly url: string;
    readonly messages: readonly ReceivedGelf[];
    readonly problems: readonly string[];
    readonly connectionCount: number;
    readonly datagramCount: number;
    received(count: number, timeoutMs?: number): Promise<void>;
    kill(): Promise<void>;
    revive(): Promise<void>;
    close(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export interface GelfReceiverOptions {
    readonly transport: 'udp' | 'tcp' | 'tls';
    readonly key?: string;
    readonly cert?: string;
}
export interface ProcessEnd {
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
}
export interface ProcessOptions {
    readonly command: readonly [string, ...string[]];
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly patienceMs?: number;
}
export interface ReceivedGelf {
    readonly text: string;
    readonly fields: Readonly<Record<string, unknown>>;
    readonly violations: readonly string[];
}
export interface ServerAvailability {
    readonly available: boolean;
    readonly path: string | undefined;
    readonly reason: string | undefined;
}
export type ServerBinary = keyof typeof serverPackages;
export interface ServerFixture {
    readonly port: number;
    kill(): Promise<void>;
    start(): Promise<void>;
    close(): Promise<void>;
}
export interface TestLogger {
    write(line: string): void;
    readonly lines: readonly Readonly<Record<string, unknown>>[];
    matching(expected: ExpectedLine): readonly Readonly<Record<string, unknown>>[];
    one(expected: ExpectedLine): Readonly<Record<string, unknown>>;
    none(expected: ExpectedLine): void;
    valid(): void;
    clear(): void;
}
export interface TestProcess extends AsyncDisposable {
    readonly pid: number;
    readonly stdout: readonly string[];
    readonly stderr: readonly string[];
    line(fits: (line: string) => boolean, what: string): Promise<string>;
    signal(name: NodeJS.Signals): void;
    exited(): Promise<ProcessEnd>;
}
export function checkGelfLine(line: string): string[];
export function createFakeClock(startMs?: number): FakeClock;
export function createFaultServer(decision?: FaultDecision): Promise<FaultServer>;
export function createTestLogger(): TestLogger;
export function requireServer(binary: ServerBinary, env?: Readonly<Record<string, string | undefined>>): ServerAvailability;
export const serverPackages: {
    readonly etcd: 'etcd-server';
    readonly prometheus: 'prometheus';
    readonly promtool: 'prometheus';
    readonly nginx: 'nginx';
    readonly haproxy: 'haproxy';
    readonly groovy: 'groovy';
    readonly wrk: 'wrk';
    readonly valgrind: 'valgrind';
    readonly openssl: 'openssl';
    readonly postgres: 'postgresql';
    readonly 'redis-server': 'redis-server';
    readonly 'rabbitmq-server': 'rabbitmq-server';
    readonly buildah: 'buildah';
    readonly unshare: 'util-linux';
    readonly script: 'bsdutils';
    readonly chromium: 'chromium';
    readonly xmllint: 'libxml2-utils';
    readonly perf: 'linux-perf';
};
export function startCuttingProxy(target: number): Promise<CuttingProxy>;
export function startEtcd(path?: string, options?: EtcdFixtureOptions): Promise<EtcdFixture>;
export function startEtcdCluster(path?: string, size?: number): Promise<readonly EtcdFixture[]>;
export function startGelfReceiver(options: GelfReceiverOptions): Promise<GelfReceiver>;
export function startPostgres(path: string): Promise<ServerFixture>;
export function startProcess({ command, cwd, env, patienceMs }: ProcessOptions): TestProcess;
export function startRabbitmq(path: string): Promise<ServerFixture>;
export function startRedis(path: string): Promise<ServerFixture>;
