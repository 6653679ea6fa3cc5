#!/bin/sh
# All tests, as CI and the container run them. RESULTS: where to (default: results). More options go to robot or pabot.
set -eu
cd "$(dirname "$0")"
results=${RESULTS:-results}
python3 -m pytest -q -p no:cacheprovider peripherals
if command -v pabot >/dev/null; then
  exec pabot --chunk --outputdir "$results" "$@" suites
fi
exec python3 -m robot --outputdir "$results" "$@" suites
