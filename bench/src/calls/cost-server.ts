// Answers every request at once with a small JSON body, `/broken` with status 500.
import { createServer } from 'node:http'

const [, , port = '0'] = process.argv
const body = JSON.stringify({ id: 7, title: 'A video' })
const headers = { 'content-type': 'application/json', 'content-length': body.length }
createServer((request, response) =>
  response.writeHead(request.url === '/broken' ? 500 : 200, headers).end(body),
).listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'))
