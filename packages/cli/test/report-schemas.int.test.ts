import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { requireServer } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { jsonReport } from '../src/report/json.ts'
import { junitReport } from '../src/report/junit.ts'
import { verifyFixture } from './fixture-verify.ts'

const groovy = requireServer('groovy')

interface Validate {
  (value: unknown): boolean
  readonly errors?: unknown
}

/** The validator that fastify brings along; nothing of the command needs one. */
function compile(schema: unknown): Validate {
  const require = createRequire(createRequire(import.meta.url).resolve('fastify'))
  const file = 'ajv/dist/2020.js'
  const { Ajv2020 } = require(file)
  return new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
}

describe('reports of a run with findings', () => {
  it('fit the published schema of JSON reports', async () => {
    const schema: unknown = JSON.parse(
      readFileSync(new URL('../schemas/report.schema.json', import.meta.url), 'utf8'),
    )
    const validate = compile(schema)
    for (const broken of ['stop.no-lost-request', 'probes.readiness']) {
      const document: unknown = JSON.parse(jsonReport(await verifyFixture(broken)))
      expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
      expect(validate({ ...(document as object), more: 1 })).toBe(false)
    }
  })

  it.skipIf(!groovy.available)(
    'are XML that a strict parser reads, and fit the schema of JUnit reports',
    async () => {
      const result = await verifyFixture('logs.stack-in-one-record')
      const path = join(mkdtempSync(join(tmpdir(), 'keelson-junit-')), 'verify.xml')
      writeFileSync(path, junitReport({ ...result, lastLines: ['\u0000\u001B[31m<![CDATA[ ]]> \uD800'] }))
      const script = `
      def schema = javax.xml.validation.SchemaFactory.newInstance('http://www.w3.org/2001/XMLSchema').newSchema(new File(args[0]))
      schema.newValidator().validate(new javax.xml.transform.stream.StreamSource(new File(args[1])))
      print 'valid'`
      const xsd = new URL('fixtures/junit.xsd', import.meta.url).pathname
      const { stdout, stderr } = spawnSync(groovy.path ?? 'groovy', ['-e', script, xsd, path], {
        encoding: 'utf8',
        env: { ...process.env, JAVA_HOME: javaHome() },
      })
      expect(stdout, stderr).toBe('valid')
    },
  )
})

function javaHome(): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      return dirname(dirname(realpathSync(join(folder, 'java'))))
    } catch {
      // Not in this folder.
    }
  }
  return process.env['JAVA_HOME'] ?? ''
}
