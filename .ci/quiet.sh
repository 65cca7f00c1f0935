#!/usr/bin/env bash
# Lets through what a reader of a test run wants: results, failures, skips and counts.
grep --line-buffered -E '^(test result|error|warning: unused|SKIPPED|failures:|---- |thread |vectors:|    Finished|     Running|   Doc-tests)|panicked|FAILED|assertion|left:|right:' |
  sed -u 's/^\(.\{300\}\).*/\1 …/' || true
