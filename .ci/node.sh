#!/usr/bin/env bash
# Builds the Node package in place and runs its checks and tests.
set -euo pipefail
cd "$(dirname "$0")/../viralnow-node"
npm install --no-audit --no-fund --silent --no-save
npm run -s build
npm run -s check
npm test --silent
