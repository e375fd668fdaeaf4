#!/usr/bin/env node
import '../dist/cli/status/rlb-nagios.js'
