import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { requireServer } from '@keelson/testing'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { lintManifests } from '../src/k8s/lint.ts'
import { readManifests } from '../src/k8s/manifest.ts'
import { jsonReport } from '../src/report/json.ts'
import { junitReport } from '../src/report/junit.ts'
import { sarifReport } from '../src/report/sarif.ts'
import { verifyFixture } from './fixture-verify.ts'

const groovy = requireServer('groovy')
const xmllint = requireServer('xmllint')

/** Of every schema here. */
const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }))

describe('reports of a run with findings', () => {
  it('fit the published schema of JSON reports', async () => {
    const schema: unknown = JSON.parse(
      readFileSync(new URL('../schemas/report.schema.json', import.meta.url), 'utf8'),
    )
    const validate = ajv.compile(schema as object) // ours
    for (const broken of ['stop.no-lost-request', 'probes.readiness']) {
      const document: unknown = JSON.parse(jsonReport(await verifyFixture(broken)))
      expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
      expect(validate({ ...(document as object), more: 1 })).toBe(false)
    }
  })

  it('are logs as the specification of SARIF has them, with references that lead to the files', async () => {
    const schema: unknown = JSON.parse(
      readFileSync(new URL('fixtures/sarif-2.1.0.json', import.meta.url), 'utf8'),
    )
    const validate = ajv.compile(schema as object) // a schema of ours
    const ofService = JSON.parse(sarifReport(await verifyFixture('stop.no-lost-request')))
    expect(validate(ofService), JSON.stringify(validate.errors)).toBe(true)
    expect(ofService.runs[0].results).toHaveLength(1)

    const files = [readManifests('kind: Pod\nmetadata: { name: a }\n', 'k8s/a b#1%.yaml')]
    const checks = lintManifests({ files, waivers: [], skips: new Map(), today: '2026-11-22' })
    const ofFiles = JSON.parse(sarifReport({ checks, target: 'k8s' }))
    expect(validate(ofFiles), JSON.stringify(validate.errors)).toBe(true)
    const { rules } = ofFiles.runs[0].tool.driver
    expect(ofFiles.runs[0].results.length).toBeGreaterThan(3)
    for (const { ruleId, ruleIndex, locations } of ofFiles.runs[0].results) {
      expect(rules[ruleIndex].id).toBe(ruleId)
      expect(decodeURIComponent(locations[0].physicalLocation.artifactLocation.uri)).toBe('k8s/a b#1%.yaml')
    }
    // The validator refuses: a name beside those of the specification, a missing message, line 0, a reference that is none.
    const [first] = ofFiles.runs[0].results
    const place = first.locations[0].physicalLocation
    const wrong = [
      { ...first, file: 'a' },
      { ...first, message: {} },
      { ...first, level: 'fatal' },
      { ...first, locations: [{ physicalLocation: { ...place, region: { startLine: 0 } } }] },
      { ...first, locations: [{ physicalLocation: { ...place, artifactLocation: { uri: 'a b' } } }] },
    ]
    for (const result of wrong) {
      const { runs, ...log } = ofFiles
      expect(validate({ ...log, runs: [{ ...runs[0], results: [result] }] })).toBe(false)
    }
  })

  it.skipIf(!xmllint.available)('fit the schema of JUnit reports, as libxml2 reads it', async () => {
    const result = await verifyFixture('logs.stack-in-one-record')
    const folder = mkdtempSync(join(tmpdir(), 'keelson-junit-'))
    const xsd = new URL('fixtures/junit.xsd', import.meta.url).pathname
    const validate = (name: string, text: string) => {
      writeFileSync(join(folder, name), text)
      const args = ['--noout', '--nonet', '--schema', xsd, join(folder, name)]
      return spawnSync(xmllint.path ?? 'xmllint', args, { encoding: 'utf8' })
    }
    const text = junitReport({ ...result, lastLines: ['\u0000\u001B[31m<![CDATA[ ]]> \uD800'] })
    const { status, stderr } = validate('good.xml', text)
    expect(status, stderr).toBe(0)
    expect(validate('bad.xml', text.replace('<testcase ', '<testcase more="1" ')).status).not.toBe(0)
    expect(validate('worse.xml', text.replace('</testsuites>', '')).status).not.toBe(0)
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
