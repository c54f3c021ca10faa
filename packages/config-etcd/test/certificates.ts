import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A certificate and its key, as paths of PEM files. */
export interface TestCertificate {
  readonly certFile: string
  readonly keyFile: string
}

/** An authority for one test, with a folder for all that it signs. */
export interface TestAuthority {
  readonly caFile: string
  /** Signs a certificate for `localhost`, not for its address, good for servers and clients. */
  sign(name: string): Promise<TestCertificate>
  close(): Promise<void>
}

const run = promisify(execFile)

/** @param line arguments separated by spaces, none of which holds one */
const openssl = (line: string, ...more: string[]) => run('openssl', [...line.split(' '), ...more])

const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'

/** Makes an authority with the program `openssl`: Node cannot make certificates. */
export async function createTestAuthority(): Promise<TestAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'keelson-authority-'))
  const caFile = join(folder, 'ca.pem')
  const caKey = join(folder, 'ca.key')
  await openssl(
    `req -x509 ${newKey} -keyout ${caKey} -out ${caFile} -days 2 -subj`,
    '/CN=keelson test authority',
  )
  return {
    caFile,
    async sign(name) {
      const [certFile, keyFile, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((end) =>
        join(folder, `${name}.${end}`),
      ) as [string, string, string, string] // one for each of the four endings
      await writeFile(extensions, 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n')
      await openssl(`req ${newKey} -keyout ${keyFile} -out ${request} -subj /CN=${name}`)
      await openssl(
        `x509 -req -in ${request} -CA ${caFile} -CAkey ${caKey} -CAcreateserial -out ${certFile} -days 2 -extfile ${extensions}`,
      )
      return { certFile, keyFile }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
