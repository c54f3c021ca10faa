/** Text of `npm create keelson -- --help`. */
export const helpText = `npm create keelson@latest [folder] -- [options]

Makes a service in a new folder: sources with a test, configuration, image, manifests, pipeline. Asks on a terminal what the
options leave open; without a terminal, in CI or with --yes it takes the defaults and asks nothing.

  --template NAME   api (HTTP, default), worker (consumer, no HTTP), minimal (sources and image alone)
  --name NAME       name of the service (the folder's)
  --base NAME       alpine (default), slim, distroless: what the image is built on
  --ci NAME         jenkins (default), github, both, none (default of minimal)
  --image NAME      image without a tag (registry.example.org/<name>)
  --packages DIR    packed tarballs of keelson in place of the registry: npm run pack in a clone makes them
  --no-install      leave out npm install, and what is generated after it; --install never asks about it
  --yes, -y         defaults for everything that no option says
  --dry-run         list the files, write nothing
  --json            one JSON object on stdout in place of text
  --help, --version

A folder that holds anything is left as it is. Exit codes: 0 made, 1 not made or not wholly, 2 wrong command line, 130 interrupted.

  npm create keelson@latest delivery
  npm create keelson@latest mailer -- --template worker --base distroless --ci github --yes
`
