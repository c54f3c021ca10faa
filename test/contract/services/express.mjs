// A plain Express service, as written by somebody who has never heard of keelson.
import express from 'express'

const app = express()
app.get('/', (_request, response) => response.json({ hello: 'world' }))
app.get('/healthz', (_request, response) => response.send('OK'))
app.listen(Number(process.env.PORT), '127.0.0.1')
