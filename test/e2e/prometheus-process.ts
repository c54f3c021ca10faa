import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from '@keelson/testing'
import { findFreePort, statusOf, until } from './service-process.ts'

/** A series of an answer to an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [atSeconds: number, value: string]
}

/** A real Prometheus that scrapes every second, with its data in a folder of its own. */
export interface PrometheusProcess extends AsyncDisposable {
  /** Asks its HTTP API, `query?query=up`, and gives `data`; fails when the answer is an error. */
  api(path: string, parameters?: Readonly<Record<string, string>>): Promise<unknown>
  query(expr: string): Promise<readonly Sample[]>
}

/**
 * Starts Prometheus.
 *
 * @param targets `127.0.0.1:8081` by the name of its job
 * @param rules files of rules by name
 */
export async function startPrometheus(
  program: string,
  targets: Readonly<Record<string, string>>,
  rules: Readonly<Record<string, string>>,
): Promise<PrometheusProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-prometheus-'))
  for (const [name, text] of Object.entries(rules)) writeFileSync(join(folder, name), text)
  writeFileSync(join(folder, 'prometheus.yml'), configuration(targets, Object.keys(rules)))
  const port = await findFreePort()
  const server = startProcess({
    command: [
      program,
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
    ],
  })
  const dispose = async () => {
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  }
  const api = async (path: string, parameters: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(
      `http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`,
    )
    const body = (await answer.json()) as { status: string; data: unknown; error?: string } // Prometheus's envelope
    if (body.status !== 'success') throw new Error(`${path} ${JSON.stringify(parameters)}: ${body.error}`)
    return body.data
  }
  try {
    await until(async () => (await statusOf(`http://127.0.0.1:${port}/-/ready`)) === 200, 'Prometheus')
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    api,
    async query(expr) {
      const data = (await api('query', { query: expr })) as { result: readonly Sample[] } // an instant vector
      return data.result
    },
    [Symbol.asyncDispose]: dispose,
  }
}

/** JSON, which is YAML too. */
function configuration(targets: Readonly<Record<string, string>>, ruleFiles: readonly string[]): string {
  return JSON.stringify({
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ruleFiles,
    scrape_configs: Object.entries(targets).map(([job, target]) => ({
      job_name: job,
      static_configs: [{ targets: [target] }],
    })),
  })
}
