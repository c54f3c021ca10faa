export const definition = {
  name: 'mailer',
  http: false,
  config: { smtp: { host: { format: 'string', env: 'SMTP_HOST' }, password: { format: 'string', sensitive: true } } },
  dependencies: { accounts: { target: 'http://accounts.people:8080' }, maps: { target: 'https://maps.example.org' } },
}