// Public API of @keelson/cli. Generated: npm run api

// @keelson/cli

export interface CheckOutcome {
    readonly id: string;
    readonly group: string;
    readonly title: string;
    readonly reason: string;
    readonly remedy: string;
    readonly level: 'error' | 'warning';
    readonly status: 'pass' | 'fail' | 'skip';
    readonly problems: readonly string[];
    readonly places?: readonly {
        readonly file: string;
        readonly line: number;
    }[];
    readonly note: string | undefined;
}
export type CliErrorCode = keyof typeof cliErrors;
export interface CommandEntry {
    readonly name: string;
    readonly summary: string;
    readonly load: () => Promise<CommandModule>;
}
export interface CommandIo {
    readonly out: (text: string) => void;
    readonly err: (text: string) => void;
    readonly outRoom?: () => Promise<void> | undefined;
    readonly outIsTerminal: boolean;
    readonly errIsTerminal: boolean;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly cwd: string;
    readonly signal: AbortSignal;
    readonly readerLeft?: AbortSignal;
}
export interface CommandModule {
    readonly help: string;
    run(args: readonly string[], io: CommandIo): Promise<number>;
}
export interface Contract {
    readonly service: string | undefined;
    readonly profile: Profile;
    readonly port: number | undefined;
    readonly opsPort: number | undefined;
    readonly paths: ContractPaths;
    readonly requiredMetrics: readonly string[];
    readonly limits: {
        readonly probeMs: number;
        readonly scrapeMs: number;
        readonly memoryBytes: number | undefined;
    };
    readonly start: {
        readonly env: Readonly<Record<string, string>>;
        readonly brokenEnv: Readonly<Record<string, string>> | undefined;
        readonly secretEnv: readonly string[];
        readonly readyTimeoutMs: number;
    };
    readonly stop: {
        readonly env: Readonly<Record<string, string>>;
        readonly trafficMs: number;
        readonly graceMs: number;
    };
    readonly waivers: readonly Waiver[];
}
export interface ContractFile {
    readonly service?: string;
    readonly profile?: Profile;
    readonly port?: number;
    readonly opsPort?: number;
    readonly paths?: Readonly<Partial<Record<keyof ContractPaths, string>>>;
    readonly metrics?: {
        readonly required?: readonly string[];
    };
    readonly limits?: {
        readonly probe?: string;
        readonly scrape?: string;
        readonly memoryBytes?: number;
    };
    readonly start?: {
        readonly env?: Readonly<Record<string, string>>;
        readonly brokenEnv?: Readonly<Record<string, string>>;
        readonly secretEnv?: readonly string[];
        readonly readyTimeout?: string;
    };
    readonly stop?: {
        readonly env?: Readonly<Record<string, string>>;
        readonly traffic?: string;
        readonly grace?: string;
    };
    readonly waivers?: readonly (Omit<Waiver, 'level'> & {
        readonly level?: Waiver['level'];
    })[];
}
export interface ContractPaths {
    readonly sample: string | undefined;
    readonly liveness: string | undefined;
    readonly readiness: string | undefined;
    readonly metrics: string | undefined;
    readonly slow: string | undefined;
    readonly error: string | undefined;
}
export interface HttpAnswer {
    readonly kind: 'answer';
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
    readonly durationMs: number;
}
export interface HttpFailure {
    readonly kind: 'failure';
    readonly code: string;
    readonly connected: boolean;
    readonly durationMs: number;
}
export type HttpResult = HttpAnswer | HttpFailure;
export interface LoadEvidence {
    readonly sentCount: number;
    readonly lost: readonly LostRequest[];
    readonly lateKeptCount: number;
    readonly lateClosedCount: number;
    readonly answered: readonly {
        readonly atMs: number;
        readonly count: number;
    }[];
}
export interface LostRequest {
    readonly atMs: number;
    readonly connection: 'fresh' | 'kept';
    readonly what: string;
}
export interface ProbeSample {
    readonly atMs: number;
    readonly result: HttpResult;
}
export type Profile = 'keelson' | 'generic';
export interface StopEvidence {
    readonly load: LoadEvidence;
    readonly readiness: readonly ProbeSample[];
    readonly liveness: readonly ProbeSample[];
    readonly slow: {
        readonly result: HttpResult;
        readonly endedBeforeSignal: boolean;
    } | undefined;
    readonly exit: {
        readonly code: number | null;
        readonly signal: NodeJS.Signals | null;
        readonly atMs: number;
    } | undefined;
    readonly signalAt: number;
}
export interface VerifyOptions {
    readonly target: VerifyTarget;
    readonly contract: Contract;
    readonly only?: readonly string[];
    readonly skips?: ReadonlyMap<string, string>;
    readonly leak?: boolean;
    readonly cwd: string;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly signal: AbortSignal;
    readonly onStep?: (step: string) => void;
}
export interface VerifyResult {
    readonly service: string;
    readonly target: string;
    readonly profile: Contract['profile'];
    readonly startedAt: string;
    readonly durationMs: number;
    readonly readyAfterMs: number | undefined;
    readonly checks: readonly CheckOutcome[];
    readonly stop: StopEvidence | undefined;
    readonly lastLines: readonly string[];
}
export type VerifyTarget = {
    readonly kind: 'url';
    readonly url: string;
} | {
    readonly kind: 'command';
    readonly command: readonly string[];
} | {
    readonly kind: 'image';
    readonly image: string;
};
export interface Waiver {
    readonly id: string;
    readonly level: 'warning' | 'off';
    readonly reason: string;
    readonly until: string;
}
export const cliErrors: {
    readonly KEELSON_CLI_USAGE: string;
    readonly KEELSON_CLI_CONTRACT_INVALID: string;
    readonly KEELSON_CLI_REPORT_UNWRITABLE: string;
    readonly KEELSON_CLI_TARGET_UNREACHABLE: string;
    readonly KEELSON_CLI_TARGET_NOT_READY: string;
    readonly KEELSON_CLI_DEFINITION_INVALID: string;
    readonly KEELSON_CLI_ETCD_UNREACHABLE: string;
    readonly KEELSON_CLI_ETCD_REFUSED: string;
    readonly KEELSON_CLI_DEV_PRODUCTION: string;
    readonly KEELSON_CLI_UPDATE_REFUSED: string;
    readonly KEELSON_CLI_TEMPLATE_UNAVAILABLE: string;
};
export const cliExitCodes: {
    readonly pass: 0;
    readonly broken: 1;
    readonly usage: 2;
    readonly unreachable: 3;
    readonly internal: 4;
    readonly interrupted: 130;
    readonly terminated: 143;
};
export function completeContract(file?: ContractFile): Contract;
export function readContractFile(path: string): ContractFile;
export function runCommandLine(args: readonly string[], io: CommandIo, table?: readonly CommandEntry[]): Promise<number>;
export function verify(options: VerifyOptions): Promise<VerifyResult>;
