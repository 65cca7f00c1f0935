#!/usr/bin/env bash
# The npm package, into dist/.
set -euo pipefail
cd "$(dirname "$0")/../viralnow-node"
npm install --no-audit --no-fund --silent --no-save
npm run -s pack:dist
