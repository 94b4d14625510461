#!/usr/bin/env node
// redis-tls-mock on the command line: takes redis-server's arguments and configuration files, logs
// as it does, and ends as it does.

import { run } from './run.ts'

run(process.argv.slice(2))
