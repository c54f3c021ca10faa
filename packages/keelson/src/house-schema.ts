import type { ConfigSchema } from '@keelson/config'
import type { ServiceDefinition } from './definition.ts'
import { dependencyKeys } from './dependency-keys.ts'
import { resourceKeys } from './resource-keys.ts'
import type { Runtime } from './runtime.ts'

/**
 * The chassis's own configuration keys (DESIGN §3.2), in the dialect of `@keelson/config`. What depends on where the
 * process runs is set by {@link houseSchemaFor}.
 */
export const houseSchema = {
  http: {
    host: {
      doc: 'Address that the service listens on',
      format: 'string',
      default: '0.0.0.0',
      env: 'HOST',
      sources: ['default', 'file', 'env', 'arg'],
    },
    port: { doc: 'Port of the service', format: 'port', default: 8080, env: 'PORT' },
    connectionMaxAge: {
      doc: 'Age at which a connection is told to leave, ± 20 %, so that new replicas get their share; 0: never',
      format: 'duration',
      default: '5m',
    },
    trusted: {
      doc: 'Networks whose deadline, criticality and forwarded headers are believed: CIDR, address, loopback, private',
      format: 'array',
      default: ['loopback', 'private'],
      sources: ['default', 'file', 'env', 'arg'],
    },
  },
  ops: {
    host: {
      doc: 'Address of the operations endpoints; empty: as http.host',
      format: 'string',
      default: '',
      env: 'OPS_HOST',
      sources: ['default', 'file', 'env', 'arg'],
    },
    port: {
      doc: 'Port of the operations endpoints; equal to http.port: served there',
      format: 'port',
      default: 8081,
      env: 'OPS_PORT',
    },
    token: {
      doc: 'Token of operators for POST /actions/…; unset: no actions',
      format: 'string',
      nullable: true,
      sensitive: true,
    },
    thread: {
      doc: 'Answer probes on a thread of their own, which a blocked main thread does not delay',
      format: 'boolean',
      default: true,
      sources: ['default', 'file', 'env', 'arg'],
    },
    stallLimit: {
      doc: 'How long the main thread may be blocked before liveness fails',
      format: 'duration',
      default: '20s',
    },
    config: {
      doc: 'Show the effective configuration at GET /config, secrets masked; in production only when true',
      format: 'boolean',
      nullable: true,
      sources: ['default', 'file', 'env', 'arg'],
    },
  },
  log: {
    level: {
      doc: 'Least important level that is written',
      format: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      default: 'info',
      env: 'LOG_LEVEL',
      reload: 'hot',
    },
    levels: {
      doc: 'Levels of modules, by the name given to log.module(): {"sql": "debug"}',
      format: 'map',
      items: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      default: {},
      reload: 'hot',
    },
    revertAfter: {
      doc: 'Time after which a level changed at run time returns to that of the start; 0: it stays. At most 24h',
      format: 'duration',
      default: '0s',
      reload: 'hot',
    },
    sampleRatio: {
      doc: 'Share of requests whose lines below warn are written, all of them or none, from 0 to 1',
      format: 'number',
      default: 1,
      reload: 'hot',
    },
    burstLimit: {
      doc: 'Lines of one message that are written in ten seconds; 0: no limit. At most 1000000',
      format: 'nat',
      default: 0,
      reload: 'hot',
    },
    captureConsole: {
      doc: 'Write what console.* and warnings of the process say as lines of the log',
      format: 'boolean',
      default: false,
      sources: ['default', 'file', 'env', 'arg'],
    },
    format: {
      doc: 'Form of a line on stdout',
      format: ['gelf', 'gelf-collector', 'pretty'],
      default: 'gelf',
      env: 'LOG_FORMAT',
    },
    gelf: {
      url: {
        doc: 'Receiver that lines are shipped to beside stdout: udp://, tcp:// or tls://; needs the package gelf-pro',
        format: 'url',
        nullable: true,
        env: 'GELF_URL',
        sources: ['default', 'file', 'env', 'arg'],
      },
      caFile: {
        doc: 'PEM file of the authority that signed the certificate of the receiver; unset: those that Node trusts',
        format: 'string',
        nullable: true,
        env: 'GELF_CA_FILE',
        sources: ['default', 'file', 'env', 'arg'],
      },
      compression: {
        doc: 'How messages that do not fit one datagram are packed, over udp:// only',
        format: ['none', 'gzip', 'zlib'],
        default: 'none',
        sources: ['default', 'file', 'env', 'arg'],
      },
    },
  },
  metrics: {
    exemplars: {
      doc: 'Show the id of the last sampled trace in each bucket of request durations, to whoever asks for OpenMetrics',
      format: 'boolean',
      default: false,
      reload: 'hot',
    },
  },
  otel: {
    endpoint: {
      doc: 'Receiver of traces by OTLP/HTTP, /v1/traces is added; unset: no traces; needs the package @keelson/otel',
      format: 'url',
      nullable: true,
      env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      sources: ['default', 'file', 'env', 'arg'],
    },
    headers: {
      doc: 'Headers for the receiver of traces, name=value with commas between',
      format: 'string',
      nullable: true,
      sensitive: true,
      env: 'OTEL_EXPORTER_OTLP_HEADERS',
    },
    sampleRatio: {
      doc: 'Share of the traces begun here that are kept, from 0 to 1; a caller who has decided is followed',
      format: 'number',
      default: 1,
    },
  },
  etcd: {
    endpoints: {
      doc: 'Addresses of etcd; empty: no etcd',
      format: 'array',
      default: [],
      env: 'ETCD_ENDPOINTS',
      sources: ['default', 'file', 'env', 'arg'],
    },
    org: {
      doc: 'First segment of every key: /<org>/<env>/…',
      format: 'string',
      default: 'keelson',
      env: 'ETCD_ORG',
      sources: ['default', 'file', 'env', 'arg'],
    },
    username: {
      doc: 'User of etcd',
      format: 'string',
      nullable: true,
      sources: ['default', 'file', 'env', 'arg'],
    },
    password: { doc: 'Password of the user of etcd', format: 'string', nullable: true, sensitive: true },
    tls: {
      caFile: {
        doc: 'PEM file of the authority that signed the certificate of etcd; unset: those that Node trusts',
        format: 'string',
        nullable: true,
        env: 'ETCD_CA_FILE',
        sources: ['default', 'file', 'env', 'arg'],
      },
      certFile: {
        doc: 'PEM file of the certificate that the service shows to etcd; with etcd.tls.keyFile',
        format: 'string',
        nullable: true,
        env: 'ETCD_CERT_FILE',
        sources: ['default', 'file', 'env', 'arg'],
      },
      keyFile: {
        doc: 'PEM file of the key of etcd.tls.certFile',
        format: 'string',
        nullable: true,
        env: 'ETCD_KEY_FILE',
        sources: ['default', 'file', 'env', 'arg'],
      },
    },
    required: {
      doc: 'Whether the service may start without etcd: true no, snapshot only from the last good values in state.dir, false yes; unset: snapshot with state.dir, else true',
      format: [true, false, 'snapshot'],
      nullable: true,
      env: 'ETCD_REQUIRED',
      sources: ['default', 'file', 'env', 'arg'],
    },
  },
  state: {
    dir: {
      doc: 'Folder for what the next start should know, the last good values of etcd for one; in Kubernetes an emptyDir',
      format: 'string',
      nullable: true,
      env: 'KEELSON_STATE_DIR',
      sources: ['default', 'file', 'env', 'arg'],
    },
  },
  limits: {
    snapshotRatio: {
      doc: 'Share of the heap that major collections leave in use at which a heap snapshot is written, from 0 to 1; 0: never',
      format: 'number',
      default: 0,
    },
    snapshotInterval: {
      doc: 'Least time between two such snapshots; at least 5 minutes are kept in any case',
      format: 'duration',
      default: '1h',
    },
    snapshotDir: {
      doc: 'Folder of the heap snapshot, of which there is one; unset: state.dir',
      format: 'string',
      nullable: true,
      sources: ['default', 'file', 'env', 'arg'],
    },
    restartRatio: {
      doc: 'Share of the heap, left by major collections, or of the memory of the container at which the service drains and ends with 75, from 0 to 1; 0: never',
      format: 'number',
      default: 0,
    },
    restartAge: {
      doc: 'Age below which the service does not restart of its own accord',
      format: 'duration',
      default: '10m',
    },
  },
  termination: {
    message: {
      doc: 'File that takes the last words of the process',
      format: 'string',
      nullable: true,
      env: 'TERMINATION_MESSAGE_PATH',
      sources: ['default', 'file', 'env', 'arg'],
    },
  },
  shutdown: {
    drainDelay: {
      doc: 'Time from the signal until the listener closes; 5 s in Kubernetes, 0 elsewhere',
      format: 'duration',
      default: '0s',
      env: 'SHUTDOWN_DRAIN_DELAY',
    },
    grace: {
      doc: 'The whole budget of a stop, drain delay included; less than terminationGracePeriodSeconds',
      format: 'duration',
      default: '25s',
      env: 'SHUTDOWN_GRACE',
    },
  },
  admission: {
    backlog: {
      doc: 'Longest time that a request may wait for its turn before 503 is answered; critical ones half as long again, sheddable ones half as long; 0: no bound. At most 1m',
      format: 'duration',
      default: '100ms',
      reload: 'hot',
    },
    maxConcurrent: {
      doc: 'Requests under way at most; unset: no bound',
      format: 'nat',
      nullable: true,
      reload: 'hot',
    },
    rateLimit: {
      max: {
        doc: 'Requests of one caller in a window before 429 is answered, counted by each replica; needs the package @fastify/rate-limit; unset: no limit',
        format: 'nat',
        nullable: true,
      },
      window: { doc: 'Length of that window, from 100ms to 24h', format: 'duration', default: '1m' },
    },
  },
  request: {
    timeout: {
      doc: 'Longest time that a handler may take before 503 is answered; 0: no limit',
      format: 'duration',
      default: '0s',
    },
    context: {
      doc: 'Run handlers in the context of their request; without it only request.log carries its id',
      format: 'boolean',
      default: true,
    },
  },
} as const

/** Type of {@link houseSchema}. */
export type HouseSchema = typeof houseSchema

/**
 * The whole schema of a service: the chassis's keys with the defaults of the place it runs in, those of its
 * dependencies and resources, and its own.
 */
export function schemaOf(
  definition: ServiceDefinition,
  { inKubernetes, terminal, production, terminationPath }: Runtime,
): ConfigSchema {
  const { log, shutdown, termination } = houseSchema
  return {
    ...houseSchema,
    log: { ...log, format: { ...log.format, default: terminal && !production ? 'pretty' : 'gelf' } },
    shutdown: { ...shutdown, drainDelay: { ...shutdown.drainDelay, default: inKubernetes ? '5s' : '0s' } },
    termination: { message: { ...termination.message, default: terminationPath ?? null } },
    ...dependencyKeys(definition),
    ...resourceKeys(definition),
    ...definition.config,
  }
}
