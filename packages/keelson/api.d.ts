// Public API of keelson. Generated: npm run api

// keelson

export type AppOptions = FastifyServerOptions & {
    readonly http2?: boolean;
    readonly https?: ServerOptions | SecureServerOptions | null;
};
export interface DependencyDefinition extends Omit<HttpClientOptions, 'service' | 'dependency' | 'target' | 'clock' | 'random'> {
    readonly target: string;
}
export type HouseSchema = typeof houseSchema;
export interface JobOptions {
    readonly everyMs?: number;
}
export type KeelsonErrorCode = keyof typeof keelsonErrors;
export interface ResourceDeclaration extends Policy, Omit<ResourceTuning, 'policy'> {
    readonly profile?: Profile;
}
export interface RuntimeOptions {
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly argv?: readonly string[];
    readonly cwd?: string;
    readonly signals?: boolean;
    readonly fastify?: AppOptions | FastifyInstance;
    readonly logDestination?: {
        write(line: string): void;
    };
}
export interface Service<Definition extends ServiceDefinition = ServiceDefinition> extends AsyncDisposable {
    readonly name: string;
    readonly version: string;
    readonly app: FastifyInstance;
    readonly config: Config<ServiceSchema<Definition>>;
    readonly dependencies: ServiceDependencies<Definition>;
    readonly log: Log['logger'];
    readonly metrics: Metrics;
    readonly health: Health;
    resource: AddResource<Definition>;
    worker: ServiceWork['worker'];
    job: ServiceWork['job'];
    task: ServiceWork['task'];
    readonly onClosing: (hook: ClosingHook) => void;
    onClose(name: string, close: Closer['close']): void;
    start(): Promise<ServiceAddresses>;
    stop(reason?: string): Promise<StopReport>;
}
export interface ServiceAddresses {
    readonly port: number;
    readonly opsPort: number;
}
export interface ServiceDefinition {
    readonly name: string;
    readonly version?: string;
    readonly config?: ConfigSchema;
    readonly refine?: (values: never) => readonly RefineFault[] | undefined;
    readonly http?: boolean;
    readonly dependencies?: Readonly<Record<string, DependencyDefinition>>;
    readonly resources?: Readonly<Record<string, ResourceDeclaration>>;
    readonly metrics?: Readonly<Record<string, MetricDeclaration>>;
}
export type ServiceDependencies<Definition extends ServiceDefinition> = {
    readonly [Name in keyof NonNullable<Definition['dependencies']>]: HttpClient<OperationsOf<NonNullable<Definition['dependencies']>[Name]>>;
};
export type ServiceSchema<Definition extends ServiceDefinition> = HouseSchema & (Definition extends {
    readonly config: infer Schema;
} ? Schema : unknown);
export interface Worker {
    run<T>(fn: (work: Work) => Promise<T> | T, options?: WorkRunOptions): Promise<T>;
    beat(): void;
}
export interface WorkerDefinition {
    readonly start: (worker: Worker) => Promise<void> | void;
    readonly stop?: () => Promise<void> | void;
    readonly maxSilenceMs?: number;
}
export function createService<const Definition extends ServiceDefinition>(definition: Definition, options?: RuntimeOptions): Promise<Service<Definition>>;
export function defineService<const Definition extends ServiceDefinition>(definition: Definition): Definition;
export const houseSchema: {
    readonly http: {
        readonly host: {
            readonly doc: 'Address that the service listens on';
            readonly format: 'string';
            readonly default: '0.0.0.0';
            readonly env: 'HOST';
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
        readonly port: {
            readonly doc: 'Port of the service';
            readonly format: 'port';
            readonly default: 8080;
            readonly env: 'PORT';
        };
        readonly connectionMaxAge: {
            readonly doc: 'Age at which a connection is told to leave, ± 20 %, so that new replicas get their share; 0: never';
            readonly format: 'duration';
            readonly default: '5m';
        };
        readonly trusted: {
            readonly doc: 'Networks whose deadline, criticality and forwarded headers are believed: CIDR, address, loopback, private';
            readonly format: 'array';
            readonly default: readonly ['loopback', 'private'];
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
    };
    readonly ops: {
        readonly host: {
            readonly doc: 'Address of the operations endpoints; empty: as http.host';
            readonly format: 'string';
            readonly default: '';
            readonly env: 'OPS_HOST';
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
        readonly port: {
            readonly doc: 'Port of the operations endpoints; equal to http.port: served there';
            readonly format: 'port';
            readonly default: 8081;
            readonly env: 'OPS_PORT';
        };
        readonly token: {
            readonly doc: 'Token of operators for POST /actions/…; unset: no actions';
            readonly format: 'string';
            readonly nullable: true;
            readonly sensitive: true;
        };
        readonly thread: {
            readonly doc: 'Answer probes on a thread of their own, which a blocked main thread does not delay';
            readonly format: 'boolean';
            readonly default: true;
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
        readonly stallLimit: {
            readonly doc: 'How long the main thread may be blocked before liveness fails';
            readonly format: 'duration';
            readonly default: '20s';
        };
        readonly config: {
            readonly doc: 'Show the effective configuration at GET /config, secrets masked; in production only when true';
            readonly format: 'boolean';
            readonly nullable: true;
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
    };
    readonly log: {
        readonly level: {
            readonly doc: 'Least important level that is written';
            readonly format: readonly ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
            readonly default: 'info';
            readonly env: 'LOG_LEVEL';
            readonly reload: 'hot';
        };
        readonly levels: {
            readonly doc: 'Levels of modules, by the name given to log.module(): {"sql": "debug"}';
            readonly format: 'map';
            readonly items: readonly ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
            readonly default: {};
            readonly reload: 'hot';
        };
        readonly revertAfter: {
            readonly doc: 'Time after which a level changed at run time returns to that of the start; 0: it stays. At most 24h';
            readonly format: 'duration';
            readonly default: '0s';
            readonly reload: 'hot';
        };
        readonly sampleRatio: {
            readonly doc: 'Share of requests whose lines below warn are written, all of them or none, from 0 to 1';
            readonly format: 'number';
            readonly default: 1;
            readonly reload: 'hot';
        };
        readonly burstLimit: {
            readonly doc: 'Lines of one message that are written in ten seconds; 0: no limit. At most 1000000';
            readonly format: 'nat';
            readonly default: 0;
            readonly reload: 'hot';
        };
        readonly captureConsole: {
            readonly doc: 'Write what console.* and warnings of the process say as lines of the log';
            readonly format: 'boolean';
            readonly default: false;
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
        readonly format: {
            readonly doc: 'Form of a line on stdout';
            readonly format: readonly ['gelf', 'gelf-collector', 'pretty'];
            readonly default: 'gelf';
            readonly env: 'LOG_FORMAT';
        };
        readonly gelf: {
            readonly url: {
                readonly doc: 'Receiver that lines are shipped to beside stdout: udp://, tcp:// or tls://; needs the package gelf-pro';
                readonly format: 'url';
                readonly nullable: true;
                readonly env: 'GELF_URL';
                readonly sources: readonly ['default', 'file', 'env', 'arg'];
            };
            readonly caFile: {
                readonly doc: 'PEM file of the authority that signed the certificate of the receiver; unset: those that Node trusts';
                readonly format: 'string';
                readonly nullable: true;
                readonly env: 'GELF_CA_FILE';
                readonly sources: readonly ['default', 'file', 'env', 'arg'];
            };
            readonly compression: {
                readonly doc: 'How messages that do not fit one datagram are packed, over udp:// only';
                readonly format: readonly ['none', 'gzip', 'zlib'];
                readonly default: 'none';
                readonly sources: readonly ['default', 'file', 'env', 'arg'];
            };
        };
    };
    readonly metrics: {
        readonly exemplars: {
            readonly doc: 'Show the id of the last sampled trace in each bucket of request durations, to whoever asks for OpenMetrics';
            readonly format: 'boolean';
            readonly default: false;
            readonly reload: 'hot';
        };
    };
    readonly otel: {
        readonly endpoint: {
            readonly doc: 'Receiver of traces by OTLP/HTTP, /v1/traces is added; unset: no traces; needs the package @keelson/otel';
            readonly format: 'url';
            readonly nullable: true;
            readonly env: 'OTEL_EXPORTER_OTLP_ENDPOINT';
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
        readonly headers: {
            readonly doc: 'Headers for the receiver of traces, name=value with commas between';
            readonly format: 'string';
            readonly nullable: true;
            readonly sensitive: true;
            readonly env: 'OTEL_EXPORTER_OTLP_HEADERS';
        };
        readonly sampleRatio: {
            readonly doc: 'Share of the traces begun here that are kept, from 0 to 1; a caller who has decided is followed';
            readonly format: 'number';
            readonly default: 1;
        };
    };
    readonly etcd: {
        readonly endpoints: {
            readonly doc: 'Addresses of etcd; empty: no etcd';
            readonly format: 'array';
            readonly default: readonly [];
            readonly env: 'ETCD_ENDPOINTS';
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
        readonly org: {
            readonly doc: 'First segment of every key: /<org>/<env>/…';
            readonly format: 'string';
            readonly default: 'keelson';
            readonly env: 'ETCD_ORG';
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
        readonly username: {
            readonly doc: 'User of etcd';
            readonly format: 'string';
            readonly nullable: true;
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
        readonly password: {
            readonly doc: 'Password of the user of etcd';
            readonly format: 'string';
            readonly nullable: true;
            readonly sensitive: true;
        };
        readonly tls: {
            readonly caFile: {
                readonly doc: 'PEM file of the authority that signed the certificate of etcd; unset: those that Node trusts';
                readonly format: 'string';
                readonly nullable: true;
                readonly env: 'ETCD_CA_FILE';
                readonly sources: readonly ['default', 'file', 'env', 'arg'];
            };
            readonly certFile: {
                readonly doc: 'PEM file of the certificate that the service shows to etcd; with etcd.tls.keyFile';
                readonly format: 'string';
                readonly nullable: true;
                readonly env: 'ETCD_CERT_FILE';
                readonly sources: readonly ['default', 'file', 'env', 'arg'];
            };
            readonly keyFile: {
                readonly doc: 'PEM file of the key of etcd.tls.certFile';
                readonly format: 'string';
                readonly nullable: true;
                readonly env: 'ETCD_KEY_FILE';
                readonly sources: readonly ['default', 'file', 'env', 'arg'];
            };
        };
        readonly required: {
            readonly doc: 'Whether the service may start without etcd: true no, snapshot only from the last good values in state.dir, false yes; unset: snapshot with state.dir, else true';
            readonly format: readonly [true, false, 'snapshot'];
            readonly nullable: true;
            readonly env: 'ETCD_REQUIRED';
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
    };
    readonly state: {
        readonly dir: {
            readonly doc: 'Folder for what the next start should know, the last good values of etcd for one; in Kubernetes an emptyDir';
            readonly format: 'string';
            readonly nullable: true;
            readonly env: 'KEELSON_STATE_DIR';
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
    };
    readonly limits: {
        readonly snapshotRatio: {
            readonly doc: 'Share of the heap that major collections leave in use at which a heap snapshot is written, from 0 to 1; 0: never';
            readonly format: 'number';
            readonly default: 0;
        };
        readonly snapshotInterval: {
            readonly doc: 'Least time between two such snapshots; at least 5 minutes are kept in any case';
            readonly format: 'duration';
            readonly default: '1h';
        };
        readonly snapshotDir: {
            readonly doc: 'Folder of the heap snapshot, of which there is one; unset: state.dir';
            readonly format: 'string';
            readonly nullable: true;
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
        readonly restartRatio: {
            readonly doc: 'Share of the heap, left by major collections, or of the memory of the container at which the service drains and ends with 75, from 0 to 1; 0: never';
            readonly format: 'number';
            readonly default: 0;
        };
        readonly restartAge: {
            readonly doc: 'Age below which the service does not restart of its own accord';
            readonly format: 'duration';
            readonly default: '10m';
        };
    };
    readonly termination: {
        readonly message: {
            readonly doc: 'File that takes the last words of the process';
            readonly format: 'string';
            readonly nullable: true;
            readonly env: 'TERMINATION_MESSAGE_PATH';
            readonly sources: readonly ['default', 'file', 'env', 'arg'];
        };
    };
    readonly shutdown: {
        readonly drainDelay: {
            readonly doc: 'Time from the signal until the listener closes; 5 s in Kubernetes, 0 elsewhere';
            readonly format: 'duration';
            readonly default: '0s';
            readonly env: 'SHUTDOWN_DRAIN_DELAY';
        };
        readonly grace: {
            readonly doc: 'The whole budget of a stop, drain delay included; less than terminationGracePeriodSeconds';
            readonly format: 'duration';
            readonly default: '25s';
            readonly env: 'SHUTDOWN_GRACE';
        };
    };
    readonly admission: {
        readonly backlog: {
            readonly doc: 'Longest time that a request may wait for its turn before 503 is answered; critical ones half as long again, sheddable ones half as long; 0: no bound. At most 1m';
            readonly format: 'duration';
            readonly default: '100ms';
            readonly reload: 'hot';
        };
        readonly maxConcurrent: {
            readonly doc: 'Requests under way at most; unset: no bound';
            readonly format: 'nat';
            readonly nullable: true;
            readonly reload: 'hot';
        };
        readonly rateLimit: {
            readonly max: {
                readonly doc: 'Requests of one caller in a window before 429 is answered, counted by each replica; needs the package @fastify/rate-limit; unset: no limit';
                readonly format: 'nat';
                readonly nullable: true;
            };
            readonly window: {
                readonly doc: 'Length of that window, from 100ms to 24h';
                readonly format: 'duration';
                readonly default: '1m';
            };
        };
    };
    readonly request: {
        readonly timeout: {
            readonly doc: 'Longest time that a handler may take before 503 is answered; 0: no limit';
            readonly format: 'duration';
            readonly default: '0s';
        };
        readonly context: {
            readonly doc: 'Run handlers in the context of their request; without it only request.log carries its id';
            readonly format: 'boolean';
            readonly default: true;
        };
    };
};
export const keelsonErrors: {
    readonly KEELSON_SERVICE_DEFINITION_INVALID: string;
    readonly KEELSON_SERVICE_STATE_INVALID: string;
    readonly KEELSON_SERVICE_TASK_UNKNOWN: string;
};
export { logger }

// keelson/attach

export interface AttachOptions extends Omit<RuntimeOptions, 'fastify'> {
    readonly routeOf?: RouteOf;
    readonly isExempt?: (request: IncomingMessage) => boolean;
}
export type AttachedService<Definition extends ServiceDefinition = ServiceDefinition> = Omit<Service<Definition>, 'app' | 'start' | 'task'> & {
    readonly opsPort: number;
};
export function attach<const Definition extends ServiceDefinition>(server: Server, definition: Definition, options?: AttachOptions): Promise<AttachedService<Definition>>;
export { logger }

// keelson/preload



// keelson/tools

export interface ServiceDescription {
    readonly name: string;
    readonly dependencies: readonly string[];
    readonly metrics: readonly MetricDefinition[];
}
export interface ToolPlace {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly argv: readonly string[];
    readonly cwd: string;
}
export function describeConfiguration(definition: ServiceDefinition): readonly KeyDescription[];
export function describeService(definition: ServiceDefinition): ServiceDescription;
export function inspectConfiguration(definition: ServiceDefinition, place: ToolPlace): Promise<LocalInspection>;
export function openConfiguration(definition: ServiceDefinition, place: ToolPlace): Promise<Pick<Config<unknown>, 'explain' | 'toRedacted' | 'warnings' | 'hash' | 'close'>>;

// Not exported, but part of the types above.

interface ServiceWork {
    readonly worker: (name: string, definition: WorkerDefinition) => void;
    readonly job: <T>(name: string, fn: (work: Work) => Promise<T> | T, options?: JobOptions) => () => Promise<T>;
    readonly task: (name: string, fn: (work: Work) => Promise<void> | void) => void;
}
type AddResource<Definition extends ServiceDefinition = ServiceDefinition> = Definition extends {
    readonly resources: infer Declared;
} ? <Client>(name: keyof Declared & string, functions: ResourceFunctions<Client>) => Promise<Resource<Client>> : <Client>(name: string, definition: ResourceDefinition<Client>) => Promise<Resource<Client>>;
type OperationsOf<Dependency> = Dependency extends {
    readonly operations: infer Declared extends Operations;
} ? Declared : NoOperations;
type RouteOf = (request: IncomingMessage) => string | undefined;

// Added to types of others.

declare module 'fastify' {
    interface FastifyInstance {
        readonly keelson: Service;
    }
}
