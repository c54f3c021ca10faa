/** The part of JSON Schema (draft 2020-12) that the schemas of this package are written in, and that `checkAgainst` understands. */
export interface Schema {
  readonly $schema?: string
  readonly $id?: string
  readonly title?: string
  readonly description?: string
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean'
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  /** `false` refuses names that `properties` does not list; a schema is for their values. */
  readonly additionalProperties?: false | Schema
  readonly items?: Schema
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
}

const duration = (description: string): Schema => ({
  type: 'string',
  pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m)$',
  description,
})
const path = (description: string): Schema => ({ type: 'string', pattern: '^(/.*|none)$', description })
const environment = (description: string): Schema => ({
  type: 'object',
  additionalProperties: { type: 'string' },
  description,
})
const object = (description: string, properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  description,
  additionalProperties: false,
  properties,
})

/** JSON Schema of `keelson.contract.json`; published as `@keelson/cli/contract.schema.json`. */
export const contractSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'keelson.contract.json',
  description: 'What `keelson verify` may expect of a service.',
  type: 'object',
  additionalProperties: false,
  properties: {
    $schema: { type: 'string', description: 'Where this schema lies, for editors' },
    service: { type: 'string', minLength: 1, description: 'Name of the service in reports' },
    profile: { type: 'string', enum: ['keelson', 'generic'], description: 'Which checks apply; keelson' },
    port: { type: 'integer', minimum: 1, maximum: 65535, description: 'Port of the service; a free one' },
    opsPort: {
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      description: 'Port of probes and metrics; with generic the port of the service',
    },
    paths: object('Where things are; "none" where a service has no such thing', {
      sample: path(
        'A path that answers quickly and without harm, for load; none for a worker, which serves no requests; /',
      ),
      liveness: path('/liveness'),
      readiness: path('/readiness'),
      metrics: path('/metrics'),
      slow: path(
        'A path that takes between 0.3 s and half the drain delay, to be in flight during the stop; none',
      ),
      error: path('A path that answers 500 on purpose; none'),
    }),
    metrics: object('What /metrics must hold', {
      required: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description: 'Names of metrics, in place of the list of the profile',
      },
    }),
    limits: object('Bounds that differ from the defaults', {
      probe: duration('Longest answer of 50 of a probe; 50ms'),
      scrape: duration('Longest answer of the metrics endpoint; 200ms'),
      memoryBytes: {
        type: 'integer',
        minimum: 1,
        description: 'Memory limit that the service will run under; compared with its heap limit',
      },
    }),
    start: object('How the process is started', {
      env: environment('Variables for every start; {port} and {opsPort} are replaced'),
      brokenEnv: environment('Variables that make the configuration wrong; with keelson PORT=broken'),
      secretEnv: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description: 'Variables that hold secrets: each is set to a canary; VERIFY_CANARY_PASSWORD',
      },
      readyTimeout: duration('Longest wait for readiness; 30s'),
    }),
    stop: object('How the process is stopped', {
      env: environment('Variables that give the stop time to be judged; SHUTDOWN_DRAIN_DELAY=2s'),
      traffic: duration(
        'How long requests keep coming after SIGTERM, as load balancers need to hear of it; 1s',
      ),
      grace: duration('Longest time from SIGTERM to the exit; 30s'),
    }),
    waivers: {
      type: 'array',
      description: 'Findings that are accepted for a while',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'reason', 'until'],
        properties: {
          id: { type: 'string', minLength: 1, description: 'Id of the check' },
          level: {
            type: 'string',
            enum: ['warning', 'off'],
            description: 'What it counts as meanwhile; warning',
          },
          reason: { type: 'string', minLength: 10, description: 'Why it is accepted, for the next reader' },
          until: {
            type: 'string',
            pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
            description: 'Last day on which it holds, in UTC',
          },
        },
      },
    },
  },
}
